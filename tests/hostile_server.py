"""A server on loopback that does to a client what a test tells it to."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

Behaviour = Callable[["Asked", socket.socket], None]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came; header names in lower case."""

    path: str
    headers: Mapping[str, str]


class Server:
    """Answers each path with its behaviours in turn, the last one for ever; 404 elsewhere."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.stop_listening()
        for thread in self._threads:
            thread.join(timeout=10)

    def stop_listening(self) -> None:
        """Refuse every further connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def on(self, path: str, *behaviours: Behaviour) -> None:
        self._behaviours[path] = list(behaviours)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                piece = client.recv(65536)
                if not piece:
                    return
                data += piece
            lines = data.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
            pairs = (line.partition(":")[::2] for line in lines[1:])
            asked = Asked(
                path=lines[0].split(" ")[1], headers={name.lower(): value.strip() for name, value in pairs}
            )
            self.asked.append(asked)
            waiting = self._behaviours.get(asked.path.partition("?")[0], [reply(404)])
            (waiting.pop(0) if len(waiting) > 1 else waiting[0])(asked, client)


def reply(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer properly; ``content_type="…"`` gives a Content-Type header."""

    def behave(_asked: Asked, client: socket.socket) -> None:
        client.sendall(head(status, len(body), headers) + body)

    return behave


def head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} As told", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def raw(data: bytes) -> Behaviour:
    """Send exactly these bytes."""

    def behave(_asked: Asked, client: socket.socket) -> None:
        client.sendall(data)

    return behave


def broken_off(body: bytes, sent: int, **headers: str) -> Behaviour:
    """Promise a body, send some of it, then reset the connection."""

    def behave(_asked: Asked, client: socket.socket) -> None:
        client.sendall(head(200, len(body), headers) + body[:sent])
        time.sleep(0.05)  # a reset overtakes bytes that the client has not read
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def part(body: bytes, **headers: str) -> Behaviour:
    """Answer a range request with what it asks for."""

    def behave(asked: Asked, client: socket.socket) -> None:
        start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
        span = {"Content_Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        client.sendall(head(206, len(body) - start, headers | span) + body[start:])

    return behave


def forever(server: Server, first: bytes, pieces: Callable[[], Iterator[bytes]], pause_s: float) -> Behaviour:
    """Send pieces, with a pause after each, until the client has gone or the test is over."""

    def behave(_asked: Asked, client: socket.socket) -> None:
        client.sendall(first)
        for piece in pieces():
            client.sendall(piece)
            if server.closing.wait(pause_s):
                return

    return behave


def silent(server: Server) -> Behaviour:
    """Take the request and say nothing."""

    def behave(_asked: Asked, _client: socket.socket) -> None:
        server.closing.wait(10)

    return behave
