"""The process that looks into the graph for a failed test: started by the first one, asked by all.

Tests need neither the graph nor what it takes to read it, and a run without failures never pays for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

__all__ = ["Companion"]

_COMMAND = "-m", "testgen.diagnosis"
_PATIENCE_SECONDS = 300.0
"""For one answer; the first has the dump to be read, 250 MB of which take a few seconds."""


class Companion:
    """`python -m testgen.diagnosis`, started when it is first asked."""

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._trouble: IO[str] | None = None
        self._gone: str | None = None

    def ask(self, **question: object) -> dict[str, Any]:
        """The answer to a question; if there is none, `missing` says why. Once it has failed it is not asked again."""
        if self._gone is None:
            try:
                return self._asked(question)
            except queue.Empty:
                self._gone = f"the graph was not read within {self._patience_seconds:.0f} s"
            except (OSError, ValueError) as error:
                self._gone = f"`python {' '.join(_COMMAND)}` does not run here: {self._last_words() or error}"
            self.close()
        return {"missing": self._gone}

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # it holds nothing but memory
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what it was still to be asked
                        pipe.close()
            process.wait()
        if self._trouble is not None:
            self._trouble.close()
            self._trouble = None

    def _asked(self, question: dict[str, object]) -> dict[str, Any]:
        process = self._process or self._started()
        assert process.stdin is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._answers.get(timeout=self._patience_seconds))
        return answer

    def _started(self) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # bindings import the same
        self._trouble = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - see close
        self._process = subprocess.Popen(
            [sys.executable, *_COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._trouble,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        threading.Thread(target=self._listen, args=(self._process,), name="testgen companion", daemon=True).start()
        return self._process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):  # closed
            for line in process.stdout:
                self._answers.put(line)
            self._answers.put("")  # it has ended, and no answer comes

    def _last_words(self) -> str:
        if self._trouble is None:
            return ""
        self._trouble.seek(0)
        return (self._trouble.read().strip().splitlines() or [""])[-1]
