"""Tags of clients, each with what set it: a rule, an event, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.adapters.crm.conditions import Evaluator
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.manual_tags import ManualTag, manual_tags
from advisor.adapters.crm.packs.classes import TagPack
from advisor.annotations import Items
from advisor.arrays import BoolArray, check_type
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.validation import checked

Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False, repr=False)
class Tags:
    """Tags of c clients.

    Attributes:
        client_ids: Length c.
        as_of: The day.
        pack: The rules.
        bits: A row a tag of the pack, a bit a client (`numpy.packbits`), shape (t, ceil(c / 8)).
        by_rule: The same of tags that a rule sets.
        manual: Row of a client -> what an event or a person set and has not expired.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    pack: TagPack
    bits: Bits
    by_rule: Bits
    manual: Mapping[int, tuple[ManualTag, ...]]

    def has(self, tag: str) -> BoolArray:
        """Who has a tag, shape (c,). Raises `InputError` when it is not in the pack."""
        code = IdMap(self.pack.ids).code(tag, "tag")
        return np.unpackbits(self.bits[code], count=len(self)).view(np.bool_)

    def of(self, client_id: str) -> tuple[str, ...]:
        """Ids of one client's tags, in order of the pack; `InputError` for an unknown client."""
        return tuple(name for name, _ in self.provenance(client_id))

    def provenance(self, client_id: str) -> tuple[tuple[str, tuple[ManualTag | str, ...]], ...]:
        """Each tag of one client with what set it: "rule", and every `ManualTag`."""
        row = self.index.code(client_id, "client_id")
        on, rule = (np.unpackbits(b, axis=1)[:, row] for b in (self.bits, self.by_rule))
        tag_sources: list[tuple[str, tuple[ManualTag | str, ...]]] = []
        for k in np.flatnonzero(on).tolist():
            by_hand = (m for m in self.manual.get(row, ()) if m.tag == self.pack.ids[k])
            tag_sources.append((self.pack.ids[k], (*(("rule",) if rule[k] else ()), *by_hand)))
        return tuple(tag_sources)

    def changes(self, before: Tags) -> pd.DataFrame:
        """Tags that clients gained or lost: client_id, tag, change ("added" or "removed").

        A client who was not there before gained all; of one who is gone nothing is said.

        Raises:
            InputError: `before` is later.
        """
        check_type(before, Tags, "before", "Pass what tag(...) gave on an earlier day.")
        if before.as_of > self.as_of:
            why = f"before is of {before.as_of}, after {self.as_of};"
            remedy = "added and removed would be exchanged. Pass the tags of an earlier day."
            raise InputError(f"{why} {remedy}", field="before", value=str(before.as_of))
        row, ids = before.index.find(self.client_ids), np.array(self.client_ids, dtype=object)
        parts: list[pd.DataFrame] = []
        for name in dict.fromkeys((*self.pack.ids, *before.pack.ids)):
            now, then = (
                t.has(name) if name in t.pack.ids else np.zeros(len(t), dtype=np.bool_)
                for t in (self, before)
            )
            moved = np.flatnonzero(now != np.append(then, False)[row])
            change = np.where(now[moved], "added", "removed")
            parts.append(pd.DataFrame({"client_id": ids[moved], "tag": name, "change": change}))
        parts = [part for part in parts if len(part)] or parts[:1]
        return pd.concat(parts, ignore_index=True)

    def coverage(self) -> pd.DataFrame:
        """A row a mandatory family, and "all" for all of them: clients with a tag of it, and
        whether their share meets the pack's target.
        """
        whole, rows = np.ones(len(self), dtype=np.bool_), {}
        for family in self.pack.mandatory:
            names = [t.id for t in self.pack.tags if t.family == family]
            any_of = np.logical_or.reduce([self.has(name) for name in names])
            whole &= any_of
            rows[family] = int(any_of.sum())
        rows["all"] = int(whole.sum())
        frame = pd.DataFrame({"covered": rows.values()}, index=pd.Index(rows, name="family"))
        share, target = frame["covered"] / max(len(self), 1), self.pack.target_coverage
        return frame.assign(share=share, target=target, met=share >= target)

    def to_frame(self) -> pd.DataFrame:
        """One row a client, indexed by client id, a yes / no column a tag."""
        index = pd.Index(self.client_ids, name="client_id")
        return pd.DataFrame({name: self.has(name) for name in self.pack.ids}, index=index)

    @cached_property
    def index(self) -> IdMap:
        """Client ids to rows."""
        return IdMap(self.client_ids)

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        return f"Tags({len(self):,} clients on {self.as_of}, {len(self.pack.tags)} tags)"


@checked
def tag(facts: ClientFacts, pack: TagPack | None = None, manual: Items = ()) -> Tags:
    """The tags of each client.

    Args:
        facts: c clients.
        pack: Rules; default `TagPack.default()`.
        manual: `ManualTag`s; those of other clients, and those that have expired, are passed over.

    Raises:
        InputError: The pack is not in force or reads a fact that is not there, or a manual tag is
            not in the pack or was set after the day.
    """
    rules = pack or TagPack.default()
    rules.check_in_force(facts.as_of)
    judge = Evaluator(facts)
    by_rule = np.stack([np.packbits(judge.holds(t.any_of)) for t in rules.tags])
    by_hand = manual_tags(facts, rules, manual)
    bits, codes = by_rule.copy() if by_hand else by_rule, IdMap(rules.ids)
    for row, row_tags in by_hand.items():
        for one in row_tags:
            bits[codes.code(one.tag), row // 8] |= np.uint8(128 >> row % 8)
    return Tags(facts.client_ids, facts.as_of, rules, bits, by_rule, by_hand)
