"""What a finished run says of itself in `_summary.json`: read where the run is started again, and
where it is replayed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import InputError
from advisor.files import read_text
from advisor.runs.local import file_digest
from advisor.runs.parts import Part, write_text

SUMMARY_FILE = "_summary.json"


@dataclass(frozen=True)
class Told:
    """What a summary says.

    Attributes:
        run: Digest of what the run depends on.
        clients: Rows.
        statuses: Clients by status.
        parts: File name -> SHA-256.
    """

    run: str
    clients: int
    statuses: Mapping[str, int]
    parts: Mapping[str, str]


def write_summary(
    folder: Path, run: str, parts: Sequence[Part], statuses: Mapping[str, int]
) -> None:
    """Write down what a run left.

    Raises:
        InputError: It cannot be written.
    """
    told = {
        "run": run,
        "clients": sum(part.rows for part in parts),
        "statuses": dict(statuses),
        "parts": [[part.path.name, file_digest(part.path)] for part in parts],
    }
    write_text(folder / SUMMARY_FILE, json.dumps(told, indent=1, sort_keys=True))


def read_summary(folder: Path) -> Told | None:
    """What the summary of a run says; None where there is none, since the run has not ended.

    Raises:
        InputError: It cannot be read.
    """
    path = folder / SUMMARY_FILE
    if not path.exists():
        return None
    try:
        told: Any = json.loads(read_text(path))
        parts: dict[str, str] = {str(name): str(digest) for name, digest in told["parts"]}
        statuses: dict[str, int] = {
            str(name): int(count) for name, count in told["statuses"].items()
        }
        return Told(str(told["run"]), int(told["clients"]), statuses, parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}), so it does not say which parts belong"
            " to the run. Restore it, or remove it to have it written again from the parts.",
            field="folder",
            value=str(path),
        ) from None


def check_sealed(path: Path, told: Told | None, run: str) -> None:
    """Raise `InputError` where a part is not the one that the summary of the same run names."""
    if told is None or told.run != run or told.parts.get(path.name) is None:
        return
    found, wanted = file_digest(path), told.parts[path.name]
    if found != wanted:
        raise InputError(
            f"{path} is not the part that the run wrote: its SHA-256 is {found[:12]},"
            f" {SUMMARY_FILE} says {wanted[:12]}, so it was changed and sealed again. Remove it,"
            " and it is made again.",
            field="target",
            value=str(path),
        )
