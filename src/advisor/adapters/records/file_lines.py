"""Lines of a ledger in a file, exactly as they are written."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.adapters.records.heads import SignedHead
from advisor.adapters.records.report import LedgerReport, Line, checked_chain
from advisor.annotations import Folder
from advisor.errors import InputError
from advisor.validation import checked


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write lines to a file beside its place, and only then give it its name."""
    with usable(path, "used"):
        draft = path.with_name(f".{path.name}.writing")
        try:
            with draft.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                draft.unlink()
            raise
    return path


def line_text(seq: int, body: str, digest: str) -> str:
    """A line as a file holds it."""
    return json.dumps({"body": body, "digest": digest, "seq": seq}, ensure_ascii=False)


def read_lines(path: Path, heads: list[SignedHead] | None = None) -> Iterator[Line]:
    """Lines of a file as written, empty texts for what is none; signed heads go to `heads`."""
    seq = 0
    with (
        usable(path, "read"),
        path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file,
    ):
        for text in file:
            line = read_line(text, heads)
            if isinstance(line, SignedHead):
                (heads if heads is not None else []).append(line)
                continue
            seq = seq + 1 if line is None else line[0]
            yield (seq, "", "") if line is None else line


def read_line(text: str, heads: list[SignedHead] | None = None) -> Line | SignedHead | None:
    """A line, a signed head, or None where it is neither to the letter."""
    try:
        fields = json.loads(text)
        if heads is not None and "signature" in fields:
            head = SignedHead(**fields)
            return head if text == f"{json.dumps(head.model_dump())}\n" else None
        line = (fields["seq"], fields["body"], fields["digest"])
        plain = type(line[0]) is int and isinstance(line[1], str) and isinstance(line[2], str)
        return line if plain and text == f"{line_text(*line)}\n" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


@checked
def verify_file(path: Folder, public_key: str | bytes | None = None) -> LedgerReport:
    """Whether an exported ledger is whole and unchanged; needs no database.

    Args:
        path: What `Ledger.export` wrote.
        public_key: Whose signature the last line must bear; None: no signature is asked for.

    Raises:
        InputError: The file cannot be read.
    """
    heads: list[SignedHead] = []
    report = checked_chain(read_lines(Path(path), heads), public_key=public_key)
    if heads:
        report = checked_chain(read_lines(Path(path), []), heads[-1], public_key)
    elif public_key is not None:
        report.add(report.head.seq, "the file bears no signature, so its end may be cut off")
    return report


@contextmanager
def usable(path: Path, verb: str) -> Generator[None]:
    """A block whose errors of the system are said in the library's words."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        remedy = "Pass what export wrote." if verb == "read" else (
            "Free space, or choose another place; what was written before stays."
        )  # fmt: skip
        why = f"The ledger {str(path)!r} cannot be {verb} ({why}). {remedy}"
        raise InputError(why, field="path", value=str(path)) from None
