"""Starts localstripe (GPL-3, a process of its own) on 127.0.0.1: by itself it listens on every address. A script."""

import runpy
import socket
import sys
from typing import Any


class Loopback(socket.socket):
    """A socket that listens on 127.0.0.1 alone."""

    def __init__(self, family: int = -1, *words: Any, **more: Any) -> None:
        super().__init__(socket.AF_INET if family == socket.AF_INET6 else family, *words, **more)

    def bind(self, address: Any) -> None:
        """Bind to the port asked for, on loopback."""
        super().bind(("127.0.0.1", address[1]))


if __name__ == "__main__":
    socket.socket = Loopback  # type: ignore[misc]
    sys.argv = ["localstripe", "--from-scratch", "--port", sys.argv[1]]
    runpy.run_module("localstripe", run_name="__main__")
