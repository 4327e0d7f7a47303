"""A server that speaks just enough of MongoDB's protocol to say things that no real one at hand says."""

import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any

import bson

Document = dict[str, Any]
# The handshake of a primary; `maxWireVersion` is still to be added.
REPLICA_SET = {"setName": "rs0", "isWritablePrimary": True, "ismaster": True, "logicalSessionTimeoutMinutes": 30}
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013


class FakeServer:
    """Answers each command with what `answer` returns, on a port of its own; a context manager.

    The handshake is answered with `hello`, to which its own address is added.
    """

    def __init__(self, hello: Document, answer: Callable[[Document], Document] = lambda _: {"ok": 1.0}) -> None:
        self._server = _Listener(("127.0.0.1", 0), _Connection)
        address = f"127.0.0.1:{self._server.server_address[1]}"
        self.uri = f"mongodb://{address}/"
        self._server.answer = lambda command: (
            {"ok": 1.0, "helloOk": True, "minWireVersion": 0, "hosts": [address], "me": address, **hello}
            if next(iter(command)).lower() in ("hello", "ismaster")
            else answer(command)
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    answer: Callable[[Document], Document]


class _Connection(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        while header := self.rfile.read(16):
            length, request, _, opcode = struct.unpack("<iiii", header)
            body = self.rfile.read(length - 16)
            if opcode == OP_QUERY:
                command = bson.decode(body[body.index(b"\0", 4) + 9 :])
                start = struct.pack("<iqii", 8, 0, 0, 1)
                self._send(OP_REPLY, request, start + bson.encode(self.server.answer(command)))
            else:
                size = struct.unpack_from("<i", body, 5)[0]
                command = bson.decode(body[5 : 5 + size])
                self._send(OP_MSG, request, b"\0\0\0\0\0" + bson.encode(self.server.answer(command)))

    def _send(self, opcode: int, request: int, body: bytes) -> None:
        try:
            self.wfile.write(struct.pack("<iiii", len(body) + 16, 1, request, opcode) + body)
        except OSError:
            return
