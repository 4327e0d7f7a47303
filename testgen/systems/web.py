"""HTTP to a system under test: any status is an answer, and only a lost connection is trouble. Needs urllib3."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from testgen.errors import ServerError, SurroundingsError
from testgen.systems.service import Service
from testgen.systems.waiting import WaitTimeout
from testgen.values.plain import Plain

try:
    import urllib3
except ModuleNotFoundError as missing:
    raise SurroundingsError("HTTP needs urllib3", hint="pip install 'tla-testgen[http]'") from missing

__all__ = ["Answer", "ConnectionLost", "Web"]

Answer = urllib3.BaseHTTPResponse
"""With `status`, `headers`, `data`, and `json()`."""
_AT_ONCE = 16
"""Requests under way at the same time."""
_LINGERS_SECONDS = 5
"""A server's connections are closed a moment before it has ended; on a busy machine it is a long one."""


class ConnectionLost(ServerError):  # noqa: N818 - named for what happened, as the other members of its family
    """The server could not be reached, or was gone before it had answered. Catch it where a step is a crash."""


class Web:
    """Requests to one server; threads may share it.

        web = Web(service)
        web.ask("POST", "/payments", json={"amount": 1}, headers={"Idempotency-Key": "k1"}).status
        under_way = web.begin("POST", "/payments", json={"amount": 1})      goes on while you do something else
        under_way.result().json()

    Nothing is repeated and no redirection followed: that would be steps that no specification has taken.
    """

    def __init__(self, server: Service | str, *, timeout_seconds: float = 60) -> None:
        """Args:
        server: A service of ours, also one that is started again, or the beginning of all addresses.
        timeout_seconds: For each answer. It tells a hang, so let it be long.
        """
        self._server = server
        self._timeout_seconds = timeout_seconds
        self._pool = urllib3.PoolManager(maxsize=_AT_ONCE, retries=False, timeout=timeout_seconds)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="web")

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: Plain = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and wait for the answer, whatever its status.

        Args:
            method: Such as "POST".
            path: Behind the server's address, with its leading slash.
            json: What to send as JSON.
            body: What to send as it is.
            headers: In addition to the usual ones.

        Raises:
            ConnectionLost: No answer came, as the server is not there or ended meanwhile.
            WaitTimeout: None came in time.
        """
        what = f"{method} {path}"
        base = self._server if isinstance(self._server, str) else self._server.url
        try:
            # urllib3 takes None for "no JSON", and so do we.
            return self._pool.request(method, base + path, json=json, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.ReadTimeoutError as error:  # that a connection is refused is a TimeoutError, too
            raise WaitTimeout(f"waited {self._timeout_seconds:g} s for the answer to {what}") from error
        except urllib3.exceptions.HTTPError as error:
            raise ConnectionLost(f"{what}: {self._death() or error}") from error

    def begin(
        self,
        method: str,
        path: str,
        *,
        json: Plain = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Future[Answer]:
        """Send a request and do not wait for the answer, which the future's `result()` is, or raises.

        Args: as of `ask`. That the request has been sent says nothing of whether the server has begun with it: wait for
        something that the server shows.
        """
        return self._threads.submit(self.ask, method, path, json=json, body=body, headers=headers)

    def close(self) -> None:
        """Close all connections. Requests under way should have been answered, or their server be dead."""
        self._threads.shutdown()
        self._pool.clear()

    def _death(self) -> str | None:
        return None if isinstance(self._server, str) else self._server.death(timeout_seconds=_LINGERS_SECONDS)
