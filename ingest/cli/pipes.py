"""Standard output whose reader may leave: `campaign-reach plan | head` has no error, and the command ends its work."""

import os
from typing import Any, TextIO


class LeavableOutput:
    """A text stream like the one it is made of; when its reader has left, what is still written goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write; how many letters were taken."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._reader_left()
            return len(text)

    def flush(self) -> None:
        """Flush, if anybody still reads."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._reader_left()

    def _reader_left(self) -> None:
        """From now on everything goes nowhere, what waits in buffers too."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
