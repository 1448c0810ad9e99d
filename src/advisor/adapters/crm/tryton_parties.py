"""Advice onto parties of Tryton: what is there of a hundred clients, and what has to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from advisor.adapters.crm.paths import list_at, text_at, value_at
from advisor.adapters.crm.tryton_calls import ADVICE, PARTY, ROOTS, Calls, note_of, notes_by_party
from advisor.errors import AdapterError
from advisor.privacy import personal


class Parties:
    """Parties of some clients by an identifier of theirs, their categories and last notes."""

    def __init__(self, calls: Calls, kind: str | None, keys: Sequence[str]) -> None:
        self._calls, self._kind = calls, kind
        mine = [["code", "in", sorted(set(keys))], ["type", "=", kind]]
        self._parties: dict[str, list[dict[str, Any]]] = {}
        for party in calls.search("party.party", [["identifiers", "where", mine]], PARTY):
            for key in codes_of(party, kind):
                self._parties.setdefault(key, []).append(party)
        ids = [party["id"] for parties in self._parties.values() for party in parties]
        self._notes = notes_by_party(calls, ADVICE, ids)
        self._categories = {
            (text_at(category, "parent.name"), text_at(category, "name") or ""): category["id"]
            for category in calls.search("party.category", [], ["name", "parent.name"])
        }

    def write(self, key: str, record: Mapping[str, Any]) -> bool:
        """Bring a party to a record; whether it was made for it.

        Raises:
            AdapterError: Two parties have the key, it is missing, or the server refuses.
        """
        parties = self._parties.get(key, [])
        if not key or len(parties) > 1:
            what = f"{len(parties)} parties have the identifier {personal(key)}"
            why = (
                f"{what if key else 'the client has no id'}, so nobody knows whose advice this is."
            )
            raise AdapterError(f"{why} Merge or correct them in Tryton.")
        new = not parties
        if new:
            values = {"identifiers": [["create", [{"code": key, "type": self._kind}]]]}
            made = self._calls.write("party.party", {"name": key, **values}, PARTY)
            parties = self._parties[key] = [made]
        party = parties[0]
        changes = [one for field in ROOTS for one in self._category_changes(party, field, record)]
        if changes:
            values = {"categories": changes}
            party.update(self._calls.write("party.party", values, PARTY, party["id"]))
        note = note_of(ADVICE, record.get("advice") or {})
        if self._notes.get(party["id"]) != note:
            values = {"message": note, "resource": f"party.party,{party['id']}"}
            self._calls.write("ir.note", values, ["message"])
            self._notes[party["id"]] = note
        return new

    def _category_changes(
        self, party: Mapping[str, Any], field: str, record: Mapping[str, Any]
    ) -> Iterable[Any]:
        """What adds and removes categories until those of a field are those of the record."""
        names = record.get(field)
        if names is None:
            return []
        names = [names] if isinstance(names, str) else names
        target_ids = {self._category(field, str(name)) for name in names}
        there = set(categories_of(party, field).values())
        lists = {"add": sorted(target_ids - there), "remove": sorted(there - target_ids)}
        return [[verb, ids] for verb, ids in lists.items() if ids]

    def _category(self, field: str, word: str) -> int:
        """The id of a category below that of a field; both are made where they are not there."""
        root = ROOTS[field]
        for above, name in ((None, root), (root, word)):
            if (above, name) not in self._categories:
                parent = {} if above is None else {"parent": self._categories[None, above]}
                made = self._calls.write("party.category", {"name": name, **parent}, ["name"])
                self._categories[above, name] = made["id"]
        return self._categories[root, word]


def codes_of(party: Mapping[str, Any], kind: str | None) -> list[str]:
    """The identifiers of a type that a party has."""
    own = [one for one in list_at(party, "identifiers") if value_at(one, "type") == kind]
    return [code for one in own if (code := text_at(one, "code"))]


def categories_of(party: Mapping[str, Any], field: str) -> dict[str, int]:
    """The categories of a party below that of a field, in the order of their names."""
    mine = [c for c in list_at(party, "categories") if text_at(c, "parent.name") == ROOTS[field]]
    ids = {text_at(c, "name") or "": value_at(c, "id") for c in mine}
    return {name: ids[name] for name in sorted(ids) if isinstance(ids[name], int)}
