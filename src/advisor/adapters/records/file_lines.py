"""Lines of a ledger in a file, exactly as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from advisor.adapters.records.heads import SignedHead
from advisor.adapters.records.report import LedgerReport, Line, checked_chain
from advisor.annotations import Folder
from advisor.errors import InputError
from advisor.validation import checked


def line_text(seq: int, body: str, digest: str) -> str:
    """A line as a file holds it."""
    return json.dumps({"body": body, "digest": digest, "seq": seq}, ensure_ascii=False)


def head_text(head: SignedHead) -> str:
    """A signed head as the last line of a file."""
    return json.dumps(head.model_dump())


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


def read_lines(path: Path, heads: list[SignedHead] | None = None) -> Iterator[Line]:
    """Lines of a file, exactly as they were written; what is none has an empty body and digest.

    Args:
        path: The file.
        heads: Where signed heads are put; None: a signed head is no line.

    Raises:
        InputError: The file cannot be read.
    """
    seq = 0
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for text in file:
                line = read_line(text, heads)
                if isinstance(line, SignedHead):
                    (heads if heads is not None else []).append(line)
                    continue
                seq = seq + 1 if line is None else line[0]
                yield (seq, "", "") if line is None else line
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise InputError(
            f"The ledger {str(path)!r} cannot be read ({why}). Pass what export wrote.",
            field="path",
            value=str(path),
        ) from None


def read_line(text: str, heads: list[SignedHead] | None = None) -> Line | SignedHead | None:
    """A line, a signed head, or None where it is neither to the letter."""
    try:
        fields = json.loads(text)
        if heads is not None and "signature" in fields:
            head = SignedHead(**fields)
            return head if text == f"{head_text(head)}\n" else None
        line = (fields["seq"], fields["body"], fields["digest"])
        plain = type(line[0]) is int and isinstance(line[1], str) and isinstance(line[2], str)
        same = plain and text == f"{line_text(*line)}\n"
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return line if same else None
