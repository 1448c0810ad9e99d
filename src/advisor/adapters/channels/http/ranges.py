"""A file as an answer, or the parts of it that `Range` asks for (RFC 9110, 14)."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse

from advisor.adapters.channels.http.problems import ProblemError

_ONE = "(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})"
_RANGES = re.compile(rf"bytes=[ \t]*{_ONE}(?:[ \t]*,[ \t]*{_ONE}){{0,7}}")
_RANGE = re.compile("([0-9]*)-([0-9]*)")


def file_of(path: Path, request: Request, media: str) -> FileResponse:
    """The file. A `Range` of another unit, that is none, or of more than eight pieces is passed
    over, as the standard allows, and the file is sent whole.

    Raises:
        ProblemError: It has none of the bytes asked for.
    """
    size, wanted = path.stat().st_size, request.headers.get("range", "")
    pairs = _RANGE.findall(wanted) if _RANGES.fullmatch(wanted) else []
    if not pairs or any(first and last and int(first) > int(last) for first, last in pairs):
        scope = request.scope
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != b"range"]
    elif not any(int(first) < size if first else int(last) > 0 for first, last in pairs):
        text = f"The file has {size:,} bytes, and none of those asked for; ask for some of these."
        raise ProblemError("no-such-range", text, headers={"Content-Range": f"bytes */{size}"})
    return FileResponse(path, media_type=media, filename=path.name)
