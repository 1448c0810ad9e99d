"""Segments of a match report: words, one a client, from wherever the caller has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import IntArray, check_type
from advisor.cells import is_missing, text_of
from advisor.contracts.wording import Sentence
from advisor.data.clients.table import ClientTable
from advisor.data.ids import IdMap, alike_but_for
from advisor.data.interactions import Interactions
from advisor.data.profiles import RiskProfiles
from advisor.data.ranking import Ranking
from advisor.data.tables import check_once, ids_of, labels_of
from advisor.errors import InputError
from advisor.evaluate.match.inputs import By
from advisor.paired import is_in_order

TENURES: tuple[tuple[float, str], ...] = (
    (0.5, Sentence("match_names", "half_year")),
    (1.0, Sentence("match_names", "one_year")),
    (np.inf, Sentence("match_names", "longer")),
)
"""Upper edge in years and name of each tenure."""
MANY = 20
"""Labels up to which few clients may have each."""
UNKNOWN = Sentence("match_names", "unknown")
NO_LEVEL = Sentence("match_names", "no_level")

Words = npt.NDArray[np.object_]


def segments(
    by: By | None,
    ranking: Ranking,
    profiles: RiskProfiles | None,
    clients: ClientTable | None,
    history: Interactions | None,
) -> dict[str, Words]:
    """Labels of each ranked client by segmentation, shape (c,) each; clients that a source does not
    know are "unknown".

    Raises:
        InputError: A named segmentation lacks its source, labels have another length, or most
            clients have a label of their own.
    """
    found = {} if by is None else _labelled(by, ranking, profiles, clients, history)
    for name, words in found.items():
        labels = len(set(words.tolist()))
        if labels > MANY and 2 * labels > len(words):
            raise InputError(
                f"by {name!r} has {labels:,} labels for {len(words):,} clients; a segment of one"
                " client or two says nothing. Make ranges of it (pandas.qcut), or leave it out.",
                field="by",
                value=labels,
            )
    return found


def _labelled(
    by: By,
    ranking: Ranking,
    profiles: RiskProfiles | None,
    clients: ClientTable | None,
    history: Interactions | None,
) -> dict[str, Words]:
    if isinstance(by, Mapping) and all(
        np.isscalar(label) or label is None for label in by.values()
    ):
        by = pd.Series(dict(by), dtype=object)
    if isinstance(by, pd.Series):
        by = by.to_frame(name=by.name or "segment")
    if isinstance(by, pd.DataFrame):
        check_once(labels_of(by.columns), "by")
        by = _indexed(by, ranking)
        return {
            text_of(name): _by_client(by.iloc[:, at], ranking) for at, name in enumerate(by.columns)
        }
    if isinstance(by, Mapping):
        return {name: _labels(name, labels, ranking) for name, labels in by.items()}
    named = {
        name: _named(name, ranking, profiles, clients, history)
        for name in ([by] if isinstance(by, str) else by)
    }
    return {Sentence("match_names", name): words for name, words in named.items()}


def _indexed(by: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """The table by client id: by its column of clients, where it has one, else by its index.

    Raises:
        InputError: The index says nothing, and a column of another name holds the ids.
    """
    people = set(ranking.client_ids)
    for at, name in enumerate(labels_of(by.columns)):
        ids = ids_of(by.iloc[:, at], "by")
        if len(set(ids)) < len(ids) or people.isdisjoint(ids):
            continue
        if name in ("client_id", "id"):
            return by.set_index(by.columns[at])
        if is_in_order(by.index):
            raise InputError(
                f"The column {name!r} of by holds ids of ranked clients, and its index says"
                f" nothing. Pass by.set_index({name!r}), or drop the column.",
                field="by",
                value=name,
            )
    return by


def _labels(name: str, labels: object, ranking: Ranking) -> Words:
    """Labels by client id, or one each in the order of the ranking."""
    if isinstance(labels, pd.Series | Mapping):
        return _by_client(pd.Series(labels, dtype=object), ranking)
    remedy = "Give one label each, in the order of the ranking, or by client id."
    check_type(labels, (Sequence, np.ndarray), "by", remedy, key=name)
    words = list(cast(Sequence[object], labels))
    if len(words) != len(ranking):
        raise InputError(
            f"by[{name!r}] has {len(words)} labels for {len(ranking)} ranked clients; give one"
            " each.",
            field="by",
            value=len(words),
        )
    return _words(words)


def _by_client(labels: pd.Series, ranking: Ranking) -> Words:
    """Labels by the ids of their index; 0, 1, 2, ... is no id but the order of the ranking."""
    ids = labels_of(labels.index)
    check_once(ids, "the index of by")
    if not set(ids) & set(ranking.client_ids):
        if len(ids) == len(ranking) and is_in_order(labels.index):
            return _words(labels.tolist())
        raise InputError(
            f"by has {len(ids)} labels, none of them of a ranked client, so every client would be"
            f" {UNKNOWN}. Index it by client id.{alike_but_for(ids, ranking.client_ids)}",
            field="by",
            value=len(ids),
        )
    of = dict(zip(ids, labels.tolist(), strict=True))
    return _words([of.get(name) for name in ranking.client_ids])


def _named(
    name: str,
    ranking: Ranking,
    profiles: RiskProfiles | None,
    clients: ClientTable | None,
    history: Interactions | None,
) -> Words:
    if name == "level" and profiles is not None:
        row = IdMap(profiles.client_ids).find(ranking.client_ids)
        return _words(
            [
                None if i < 0 else f"C{level}" if level else NO_LEVEL
                for i, level in zip(row.tolist(), profiles.level[row].tolist(), strict=True)
            ]
        )
    if name == "segment" and clients is not None:
        row = IdMap(clients.ids).find(ranking.client_ids)
        return _words([clients.segment.word(i) if i >= 0 else None for i in row.tolist()])
    if name == "tenure" and history is not None:
        return _tenure(ranking, history)
    sources = {"level": "profiles", "segment": "clients", "tenure": "history"}
    why = (
        f"needs {sources[name]}=...; pass it."
        if name in sources
        else (
            f"is none of {sorted(sources)}; use one of them, or pass a mapping or table of labels."
        )
    )
    raise InputError(f"by={name!r} {why}", field="by", value=name)


def _tenure(ranking: Ranking, history: Interactions) -> Words:
    row = history.clients.find(ranking.client_ids)
    days: IntArray = history.days.astype("datetime64[D]").astype(np.int64)
    last = int(days.max()) if len(days) else 0
    first = np.full(len(history.clients) + 1, last)  # the last one stands for who is not known
    np.minimum.at(first, history.client_codes, days)
    years = (last - first[row]) / 365.25
    place = np.searchsorted(np.array([edge for edge, _ in TENURES]), years)
    known = zip(row.tolist(), place.tolist(), strict=True)
    return _words([TENURES[p][1] if i >= 0 else None for i, p in known])


def _words(labels: Sequence[object]) -> Words:
    words = np.empty(len(labels), dtype=object)
    words[:] = [
        x if isinstance(x, Sentence) else UNKNOWN if is_missing(x) else text_of(x) for x in labels
    ]
    return words
