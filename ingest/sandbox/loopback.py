"""Loopback: where the sandbox, its front and the evil host listen."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.domain.errors import PortTaken

HOST = "127.0.0.1"


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A socket that listens on loopback.

    Raises: PortTaken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{HOST}:{port} cannot be used: {error.strerror}. Choose another one with --port.") from None
    try:
        yield listener
    finally:
        listener.close()
