"""Whether a chain of records is what was written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from advisor.adapters.records.heads import START, Head, SignedHead

Line = tuple[int, str, str]
"""A record as it is kept: seq, body, digest."""
MOST = 100
"""Problems that a report lists."""
_BODY = re.compile(
    r'\{"at":"[0-9TZ:.\-]{27}","before":"([0-9a-f]{64})","record":\{.*\},"seq":(\d+)\}', re.DOTALL
)


@dataclass(frozen=True)
class LedgerProblem:
    """What is wrong with the record `seq`."""

    seq: int
    text: str


@dataclass
class LedgerReport:
    """What a check of a ledger found.

    Attributes:
        records: How many were read.
        head: The last of them.
        problems: In the order of the chain, the first hundred.
        count: How many problems there are.
    """

    records: int = 0
    head: Head = field(default_factory=Head)
    problems: list[LedgerProblem] = field(default_factory=list)
    count: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, left out, moved or added."""
        return self.count == 0

    def add(self, seq: int, text: str) -> None:
        """Note a problem."""
        self.count += 1
        if len(self.problems) < MOST:
            self.problems.append(LedgerProblem(seq, text))


def digest_of(body: str) -> str:
    """SHA-256 of a record's body, which holds the digest of the one before."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


def checked_chain(
    lines: Iterable[Line], head: SignedHead | None = None, public_key: str | bytes | None = None
) -> LedgerReport:
    """Whether records follow each other, and lead to a head signed earlier (by `public_key`)."""
    report = LedgerReport()
    last, before, signed, digest = 0, {START}, None, START
    for seq, body, digest in lines:
        report.records += 1
        body_match, again = _BODY.fullmatch(body), digest_of(body)
        if seq != last + 1:
            missing = f"{last + 1} to {seq - 1}" if seq > last + 2 else f"{last + 1}"
            text = f"record {missing} is missing" if seq > last else f"stands after record {last}"
            report.add(last + 1 if seq > last else seq, text)
        elif again != digest:
            report.add(seq, "the record, or its digest, was changed")
        elif body_match is None:
            report.add(seq, "what stands here is no record")
        elif int(body_match[2]) != seq:
            report.add(seq, f"the record was written as number {body_match[2]}")
        elif body_match[1] not in before:
            report.add(seq, "the record before it is not the one that it was written after")
        last, before = max(seq, last), {digest, again}
        if head is not None and seq == head.seq:
            signed = digest
    report.head = Head(last, digest)
    if head is not None:
        if not head.is_valid(public_key):
            report.add(head.seq, "the signed head does not bear the signature of the key")
        elif head.seq > last:
            report.add(last + 1, f"records up to {head.seq} were signed and are gone")
        elif head.seq and signed != head.digest:
            report.add(head.seq, "the record is not the one that was signed")
    return report
