"""What a verification found, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from advisor.contracts.advice import Verification
from advisor.engine.verification.compare import Field
from advisor.privacy import written

MOST = 20
"""Differences that are spelled out; the others are counted."""
_SHOWN = 80


def verification(
    problems: Sequence[str],
    *,
    unsuitable: Sequence[str] | None = (),
    residual: float | None = None,
    fingerprint_matches: bool = False,
) -> Verification:
    """What a record proves.

    Args:
        problems: A sentence for everything that does not hold, besides
        unsuitable: a sentence for each product that may not be recommended; None where the record
            could not be judged.
        residual: KKT residual of the recorded weights; None where there are none.
        fingerprint_matches: Whether the record was made of this advisor, client and day.
    """
    unsuitable_sentences = unsuitable or ()
    return Verification(
        ok=not problems and not unsuitable_sentences,
        suitable=unsuitable is not None and not unsuitable_sentences,
        kkt_residual=residual,
        fingerprint_matches=fingerprint_matches,
        problems=(*problems, *unsuitable_sentences),
    )


def sentences(fields: Iterable[Field], record: str) -> list[str]:
    """Sentences about the fields that differ, the first `MOST` of them spelled out.

    Args:
        fields: Where, what the record says, and what is recomputed.
        record: What the record is called.
    """
    differences = [
        f"{path} recomputes to {_shown(new)}, the {record} says {_shown(old)}"
        for path, old, new in fields
    ]
    more = [f"{len(differences) - MOST} more values differ"] if len(differences) > MOST else []
    return [*differences[:MOST], *more]


def _shown(value: object) -> str:
    if isinstance(value, list | tuple | Mapping) and value:
        return f"{len(value)} entries"
    if value is None or value in ((), [], {}):
        return "nothing"
    text = written(repr(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
