"""What each saved array of a recommender must be: kind, shape, range and order, declared once and
checked at load.

Digests say that a file is what somebody wrote; anybody can write them. A compiled loop that is
given codes beyond its matrix reads other memory, so nothing of a file is used before its values are
known to fit together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from advisor.errors import InputError


@dataclass(frozen=True)
class Saved:
    """One array as it must be.

    Attributes:
        kind: "i8", "f8" or "u1".
        shape: A number, or a letter that means the same length everywhere in the table.
        low, high: Allowed values, both included; a letter in `below` bounds whole numbers by a
            length.
        below: Values are below the length of this letter.
        increasing: No value is below the one before.
        or_empty: May have no entry at all.
        finite: Neither nan nor an infinity.
    """

    kind: str
    shape: tuple[int | str, ...]
    low: float = -inf
    high: float = inf
    below: str = ""
    increasing: bool = False
    or_empty: bool = False
    finite: bool = True


_ROUNDING = 1e-9
"""Of counts that purchases were added to and taken from."""
_NEVER_NEGATIVE = frozenset({"Popularity", "ItemKNN", "Association", "RandomWalk"})
"""Recommenders whose scores are shares of clients, likenesses or probabilities."""

MODEL: dict[str, Saved] = {
    "mean": Saved("f8", ("n",)),
    "covariance": Saved("f8", ("n", "n")),
    "risk_levels": Saved("i8", ("n",), low=0, high=5),
    "stress": Saved("f8", ("n",)),
}
"""Of a model of n assets."""

FORECAST = {"forecast": Saved("f8", ("n", "n"))}
"""Of a model that has one: what volatilities are read from."""

PACKED = {name: Saved("u1", (name,)) for name in ("clients", "items")}
"""Of ids, as packed text."""

HISTORY: dict[str, Saved] = {
    "history.indptr": Saved("i8", ("c+1",), low=0, increasing=True),
    "history.codes": Saved("i8", ("e",), low=0, below="i"),
    "history.weights": Saved("f8", ("e",), low=0.0, or_empty=True),
    "history.days": Saved("i8", ("e",), or_empty=True),
    "history.last_day": Saved("i8", (1,)),
    "history.closed": Saved("i8", ("p",), low=-1, high=1, or_empty=True),
    "arrivals.codes": Saved("i8", ("m",), low=0, below="i", increasing=True),
    "arrivals.days": Saved("i8", ("m",), low=-100_000_000, high=100_000_000),
    "arrivals.counts": Saved("i8", ("m",), low=1, high=2**40),
    "matrix": Saved("f8", ("d", "p")),
    "gram.both": Saved("f8", ("i", "i")),
    "gram.toward": Saved("f8", ("i", "i")),
    "gram.owners": Saved("f8", ("i",), low=0.0),
    "gram.recent": Saved("f8", ("i",), low=0.0),
}
"""Of every recommender: c clients, i items, p of them on sale, e purchases, m days on which an item
found buyers, d rows of the matrix."""

ENCODERS: dict[str, dict[str, Saved]] = {
    "same": {},
    "held": {},
    "folded_in": {
        "factors": Saved("f8", ("i", "f")),
        "base": Saved("f8", ("f", "f")),
        "image": Saved("f8", ("i", "f")),
        "tilt": Saved("f8", ("i", "f"), or_empty=True),
        "shift": Saved("f8", ("f",)),
    },
    "member": {"factors": Saved("f8", ("c", "f")), "image": Saved("f8", ("i+1", "f"))},
    "baskets": {"pairs": Saved("i8", ("q",), low=0, below="ii", increasing=True)},
    "combinations": {
        "known": Saved("i8", ("q", "a"), low=0),
        "remembered": Saved("i8", ("c", "a"), low=0),
    },
    "one_hot": {"remembered": Saved("i8", ("c", "a"), low=0)},
}
"""Of each way to make a query row, after `encoder.`."""

CALIBRATION: dict[str, Saved] = {
    "pick.scores": Saved("f8", ("a",), increasing=True),
    "pick.probabilities": Saved("f8", ("a",), low=0.0, high=1.0, increasing=True),
    "pick.low": Saved("f8", ("a",), low=0.0, high=1.0, increasing=True),
    "pick.high": Saved("f8", ("a",), low=0.0, high=1.0, increasing=True),
    "listed.scores": Saved("f8", ("b",), increasing=True),
    "listed.probabilities": Saved("f8", ("b",), low=0.0, high=1.0, increasing=True),
    "covered": Saved("f8", ("w", "k"), low=0.0, high=1.0),
    "purchases": Saved("i8", ("w",), low=1),
    "evidence.scores": Saved("f8", ("n",)),
    "evidence.hits": Saved("b1", ("n",)),
}
"""Of what picks were worth: its curves, the n picks they rest on, and what lists of up to k covered
in w windows."""


def check_saved(
    arrays: Mapping[str, np.ndarray],
    table: Mapping[str, Saved],
    sizes: dict[str, int],
    *,
    where: str,
    complete: bool = False,
) -> None:
    """Raise `InputError` unless the arrays that the table names are what it says.

    Args:
        arrays: By name.
        table: What they must be.
        sizes: Known lengths by letter; those met here are added.
        where: What they belong to, for the message.
        complete: Whether all must be there.
    """
    for name, rule in table.items():
        fault = _fault(arrays[name], rule, sizes) if name in arrays else "is missing" * complete
        if fault:
            raise InputError(
                f"The array {name!r} of {where} {fault}; what was saved is damaged or of another"
                " version, and is not used. Restore it from a copy, or fit and save again.",
                field=name,
                value=arrays[name].shape if name in arrays else None,
            )


def _fault(array: np.ndarray, rule: Saved, sizes: dict[str, int]) -> str:
    if array.dtype != np.dtype(rule.kind):
        return f"holds {array.dtype}, not {np.dtype(rule.kind)}"
    if not array.flags.c_contiguous:
        return "is not stored row by row"
    if rule.or_empty and array.shape[0:1] == (0,):
        return ""
    if array.ndim != len(rule.shape):
        return f"has shape {array.shape}, not {rule.shape}"
    for have, letter in zip(array.shape, rule.shape, strict=True):
        if have != _length(letter, have, sizes):
            return f"has shape {array.shape}, but {letter} is {_length(letter, have, sizes)}"
    if not array.size:
        return ""
    if array.dtype.kind == "f" and rule.finite and not np.isfinite(array).all():
        return "holds a value that is not finite"
    high = min(rule.high, sizes[rule.below] - 1) if rule.below else rule.high
    if array.min() < rule.low or array.max() > high:
        return f"holds {array.min():g} to {array.max():g}, beyond {rule.low:g} to {high:g}"
    if rule.increasing and (np.diff(array) < 0).any():
        return "does not increase"
    return ""


def _length(letter: int | str, have: int, sizes: dict[str, int]) -> int:
    """What a length must be; a letter met for the first time is what it is here."""
    if isinstance(letter, int):
        return letter
    name, _, more = letter.partition("+")
    return sizes.setdefault(name, have - int(more or 0)) + int(more or 0)


def check_history(
    arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any], counts: tuple[int, int]
) -> dict[str, int]:
    """The lengths of a recommender, its own arrays checked: those of its purchases and its
    matrix.
    """
    clients, items = counts
    sizes = {"c": clients, "i": items, "p": int(meta["n_products"])}
    check_saved(arrays, HISTORY, sizes, where="the recommender")
    indptr = arrays["history.indptr"]
    codes, days = arrays["arrivals.codes"], arrays["arrivals.days"]
    bought = int(arrays["arrivals.counts"].sum())
    faults = {
        "arrivals.days": (
            "The days on which products found buyers are not in order",
            ((codes[1:] == codes[:-1]) & (days[1:] <= days[:-1])).any(),
        ),
        "history.closed": (
            "What the catalogue said of its products does not fit them",
            len(arrays["history.closed"]) != (sizes["p"] if meta["fixed_products"] else 0),
        ),
        "history.indptr": (
            "The purchases of the recommender do not fit together",
            sizes["p"] > items or indptr[0] != 0 or not bought == indptr[-1] == sizes["e"],
        ),
    }
    for name, (fault, is_so) in faults.items():
        if is_so:
            raise InputError(
                f"{fault}; what was saved is damaged, and is not used. Restore it from a copy.",
                field=name,
                value=arrays[name].shape,
            )
    return sizes


def inside(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin so, without it."""
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def check_counts(arrays: Mapping[str, np.ndarray], clients: int) -> None:
    """Raise `InputError` unless saved co-purchase counts are counts of so many clients: alike in
    both directions, and never more than the owners of either product.
    """
    both, owners = arrays["gram.both"], arrays["gram.owners"]
    slack = _ROUNDING * (1.0 + owners)
    most = np.minimum(owners + slack, (owners + slack)[:, None])
    faults = {
        "gram.owners": bool((owners > clients).any()),
        "gram.recent": bool((arrays["gram.recent"] > owners + slack).any()),
        "gram.both": bool(
            (np.abs(both - both.T) > slack).any() or (both < -slack).any() or (both > most).any()
        ),
    }
    for name, wrong in faults.items():
        if wrong:
            raise InputError(
                f"The array {name!r} of the recommender holds no counts of {clients:,} clients'"
                " purchases; what was saved is damaged, and is not used. Restore it from a copy.",
                field=name,
                value=owners.shape,
            )


def check_scores(kind: str, matrix: np.ndarray) -> None:
    """Raise `InputError` where a kind whose scores are shares or likenesses has one below 0."""
    if kind in _NEVER_NEGATIVE and matrix.size and matrix.min() < 0.0:
        raise InputError(
            f"The matrix of the saved {kind} model holds {matrix.min():g}, and its scores are never"
            " below 0; what was saved is damaged, and is not used. Restore it from a copy.",
            field="matrix",
            value=matrix.shape,
        )


def rows_of(
    kind: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any], sizes: Mapping[str, int]
) -> int:
    """Rows of the matrix that queries of a kind point into, its arrays checked."""
    if kind in ("stacked", "switch"):
        ends = [0]
        for i, part in enumerate(meta["encoders"]):
            own = inside(arrays, f"{i}.")
            ends.append(ends[-1] + rows_of(part["kind"], own, part["meta"], sizes))
        if ends != list(meta["offsets"]):
            raise InputError(
                "The parts of a blend do not fit its matrix; restore the folder from a copy.",
                field="offsets",
                value=ends,
            )
        return ends[-1]
    if kind not in ENCODERS:
        raise InputError(
            f"A recommender asks by {kind!r}, which is not known here. Upgrade the library.",
            field="encoder",
            value=kind,
        )
    own_sizes = {**sizes, "ii": sizes["i"] ** 2}
    own_sizes.pop("d", None)
    check_saved(arrays, ENCODERS[kind], own_sizes, where=f"queries ({kind})")
    items, factors, pairs = own_sizes["i"], own_sizes.get("f", 0), own_sizes.get("q", 0)
    if kind in ("combinations", "one_hot"):
        values = np.array([len(words) for words in meta["values"]], dtype=np.int64)
        for name, codes in arrays.items():
            if codes.shape[1] != len(values) or (codes > values).any():
                raise InputError(
                    f"The array {name!r} holds codes of no value; restore the folder from a copy.",
                    field=name,
                    value=codes.shape,
                )
        if kind == "one_hot":
            return int(values.sum()) + len(values) + 1
    return {
        "same": 1,
        "held": items + 1,
        "folded_in": factors + 1,
        "member": factors + 2,
        "baskets": items + 1 + pairs,
        "combinations": pairs + 1,
    }[kind]
