"""What commands write: answers on standard output, messages on standard error."""

from __future__ import annotations

import codecs
import json
import os
import sys
from typing import TextIO

from advisor.errors import InputError


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A letter that a terminal lacks, as JSON writes it, so that JSON stays JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("advisor.escape", _escaped)


def say(*lines: str) -> None:
    """Print lines. A reader who had enough changes nothing. Raises `InputError` where they cannot
    be written.
    """
    error = _write(sys.stdout, "".join(f"{line}\n" for line in lines))
    if error is not None and not isinstance(error, BrokenPipeError):
        raise InputError(
            f"Standard output cannot be written ({error.strerror}). Free space, or send it"
            " elsewhere.",
            field="stdout",
        )


def tell(text: str) -> None:
    """Print a message; nothing depends on whether anybody reads it."""
    _write(sys.stderr, f"advisor: {text}\n")


def _write(stream: TextIO | None, text: str) -> OSError | None:
    """Why the text could not be written, and nothing more can be; None where it was, or where the
    stream is closed.
    """
    if stream is None:
        return None
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "advisor.escape").decode(encoding))
        stream.flush()
    except OSError as error:  # what waits would be tried again at the end of the process
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None
