"""Several pipes out of one FFmpeg, read together so that none of them fills up."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable, Sequence

__all__ = ["Pipes"]

_CHUNK_BYTES = 65536  # what a pipe holds


class Pipes:
    """Pipes that FFmpeg writes to by their numbers. To be closed.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        pipes = [os.pipe() for _ in range(count)]
        self._readers = [os.fdopen(read_fd, "rb", buffering=0) for read_fd, _ in pipes]
        self._writers = [os.fdopen(write_fd, "wb", buffering=0) for _, write_fd in pipes]
        self.pass_fds = tuple(write_fd for _, write_fd in pipes)
        self.targets = tuple(f"pipe:{write_fd}" for write_fd in self.pass_fds)
        """What FFmpeg calls them."""

    def close(self) -> None:
        """Closes what is left open."""
        for pipe in (*self._readers, *self._writers):
            pipe.close()

    def follow(self, takers: Sequence[Callable[[bytes], None]]) -> None:
        """Reads until FFmpeg, which must have been started, has ended.

        Args:
            takers: What gets the bytes of each pipe.
        """
        for writer in self._writers:
            writer.close()  # now only FFmpeg holds that end, and its end is seen here
        with selectors.DefaultSelector() as selector:
            for reader, take in zip(self._readers, takers, strict=True):
                selector.register(reader, selectors.EVENT_READ, take)
            while selector.get_map():
                for key, _ in selector.select():
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    if chunk:
                        key.data(chunk)
                    else:
                        selector.unregister(key.fileobj)
