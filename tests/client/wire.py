"""A server that sends exactly the bytes that a test gives it, and nothing of HTTP by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Answer = bytes | Callable[[socket.socket], None]


def answer(
    body: bytes = b"", status: int = 200, headers: str = "", *, length: int | None = None
) -> bytes:
    """Write an HTTP/1.1 answer with a JSON content type.

    Args:
        body: The body.
        status: The status.
        headers: Further header lines, each ended by CRLF.
        length: What to announce as the body's length, where it is not to be true.
    """
    announced = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n"
        f"Content-Length: {announced}\r\nConnection: close\r\n{headers}\r\n"
    )
    return head.encode() + body


class Wire:
    """Listen on loopback; answer the requests in turn, the last answer again and again.

    Attributes:
        requests: The bytes of each request that came.
        url: The base URL.
    """

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._listen)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:  # the test is over
                return
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            sock.settimeout(5)
            try:
                request = self._read(sock)
                if not request:
                    return
                self.requests.append(request)
                chosen = self._answers[min(len(self.requests), len(self._answers)) - 1]
                if isinstance(chosen, bytes):
                    sock.sendall(chosen)
                else:
                    chosen(sock)
            except OSError:  # the client has gone
                return

    @staticmethod
    def _read(sock: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request:
            more = sock.recv(65536)
            if not more:
                return b""
            request += more
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += sock.recv(65536)
        return head + b"\r\n\r\n" + body
