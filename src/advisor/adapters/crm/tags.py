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
from advisor.adapters.crm.packs.tags import TagPack
from advisor.annotations import Items
from advisor.arrays import BoolArray, check_type
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.validation import checked


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
    bits: npt.NDArray[np.uint8]
    by_rule: npt.NDArray[np.uint8]
    manual: Mapping[int, tuple[ManualTag, ...]]

    def has(self, tag: str) -> BoolArray:
        """Who has a tag, shape (c,). Raises `InputError` when it is not in the pack."""
        return self._row(self.bits, IdMap(self.pack.ids).code(tag, "tag"))

    def of(self, client_id: str) -> tuple[str, ...]:
        """Ids of one client's tags, in order of the pack. Raises `InputError` for an unknown
        client.
        """
        return tuple(name for name, _ in self.provenance(client_id))

    def provenance(self, client_id: str) -> tuple[tuple[str, tuple[ManualTag | str, ...]], ...]:
        """Each tag of one client with what set it: "rule", and every `ManualTag`."""
        row = self.index.code(client_id, "client_id")
        byte, shift = divmod(row, 8)
        on = (self.bits[:, byte] >> (7 - shift)) & 1
        rule = (self.by_rule[:, byte] >> (7 - shift)) & 1
        return tuple(
            (
                name,
                (("rule",) if rule[k] else ())
                + tuple(m for m in self.manual.get(row, ()) if m.tag == name),
            )
            for k, name in enumerate(self.pack.ids)
            if on[k]
        )

    def changes(self, before: Tags) -> pd.DataFrame:
        """Tags that clients gained or lost: client_id, tag, change ("added" or "removed").

        A client who was not there before gained all; of one who is gone nothing is said.

        Raises:
            InputError: `before` is later.
        """
        check_type(before, Tags, "before", "Pass what tag(...) gave on an earlier day.")
        if before.as_of > self.as_of:
            raise InputError(
                f"before is of {before.as_of}, after {self.as_of}; added and removed would be"
                " exchanged. Pass the tags of an earlier day.",
                field="before",
                value=str(before.as_of),
            )
        row = before.index.find(self.client_ids)
        ids, parts = (
            np.array(self.client_ids, dtype=object),
            [pd.DataFrame(columns=["client_id", "tag", "change"])],
        )
        for name in dict.fromkeys((*self.pack.ids, *before.pack.ids)):
            now = self.has(name) if name in self.pack.ids else np.zeros(len(self), dtype=np.bool_)
            old = np.append(
                before.has(name) if name in before.pack.ids else np.zeros(len(before)), 0
            )[row]
            moved = np.flatnonzero(now != old.astype(np.bool_))
            change = np.where(now[moved], "added", "removed")
            parts += (
                [pd.DataFrame({"client_id": ids[moved], "tag": name, "change": change})]
                if len(moved)
                else []
            )
        return pd.concat(parts[1:], ignore_index=True) if len(parts) > 1 else parts[0]

    def coverage(self) -> pd.DataFrame:
        """A row a mandatory family, and "all" for all of them: clients with a tag of it, and
        whether
        their share meets the pack's target.
        """
        whole, rows = np.ones(len(self), dtype=np.bool_), {}
        for family in self.pack.mandatory:
            names = [t.id for t in self.pack.tags if t.family == family]
            any_of = np.logical_or.reduce([self.has(name) for name in names])
            whole &= any_of
            rows[family] = int(any_of.sum())
        rows["all"] = int(whole.sum())
        frame = pd.DataFrame({"covered": rows.values()}, index=pd.Index(rows, name="family"))
        frame["share"] = frame["covered"] / max(len(self), 1)
        return frame.assign(
            target=self.pack.target_coverage, met=frame["share"] >= self.pack.target_coverage
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a client, indexed by client id, a yes / no column a tag."""
        index = pd.Index(self.client_ids, name="client_id")
        return pd.DataFrame({name: self.has(name) for name in self.pack.ids}, index=index)

    @cached_property
    def index(self) -> IdMap:
        """Client ids to rows."""
        return IdMap(self.client_ids)

    def _row(self, bits: npt.NDArray[np.uint8], code: int) -> BoolArray:
        return np.unpackbits(bits[code], count=len(self)).view(np.bool_)

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
    bits = by_rule if not by_hand else by_rule.copy()
    codes = IdMap(rules.ids)
    for row, found in by_hand.items():
        for one in found:
            bits[codes.code(one.tag), row // 8] |= np.uint8(128 >> row % 8)
    return Tags(facts.client_ids, facts.as_of, rules, bits, by_rule, by_hand)
