"""What is given by asset: numbers, groups and levels, each for an asset that there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from advisor.annotations import are_items
from advisor.arrays import NUMBER, IntArray, check_number, check_type
from advisor.cell_words import rating_of
from advisor.cells import text_of
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.paired import is_in_order
from advisor.privacy import short

_NAMED = 20
"""Assets that a message names."""
_MAPPING = "Give a mapping from asset id to value."


def check_names(
    ids: Iterable[object], known: Collection[str], field: str, what: str = "the assets"
) -> None:
    """Raise `InputError` where `ids` names something that is not among `known`."""
    unknown = sorted({text_of(name) for name in ids if name not in known})
    if unknown:
        raise InputError(
            f"{field} names {unknown[:5]}, which {'is' if len(unknown) == 1 else 'are'} not among"
            f" {what}; correct or remove.",
            field=field,
            value=unknown,
        )


def check_spread(products: Iterable[tuple[str, Iterable[str]]], known: Collection[str]) -> None:
    """Raise `InputError` where products are invested in assets that are not known; all are named.

    Args:
        products: Of each its id and its assets.
        known: The assets there are.
    """
    owners: dict[str, list[str]] = {}
    for product, assets in products:
        for asset in assets:
            if asset not in known:
                owners.setdefault(asset, []).append(product)
    if not owners:
        return
    plain = {name.strip().casefold(): name for name in known}
    near = {asset: plain.get(asset.strip().casefold(), "...") for asset in list(owners)[:_NAMED]}
    count = f" ({len(owners):,} assets in all)" if len(owners) > _NAMED else ""
    first, names = next(iter(owners)), list(known)
    raise InputError(
        f"asset of product {owners[first][0]!r} {first!r} is not known; known are"
        f" {', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}. Write all that are"
        f' not{count} as these: frame["asset"] = frame["asset"].replace({near}), or give the'
        " market their prices.",
        field=f"asset of product {owners[first][0]!r}",
        value=first,
    )


def numbers_by_id(
    values: Mapping[str, float] | pd.Series | None,
    known: Collection[str],
    field: str,
    remedy: str,
    *,
    low: float = -inf,
    high: float = inf,
    what: str = "the assets",
) -> dict[str, float]:
    """A checked copy of numbers by id, empty for None.

    Raises:
        InputError: No mapping, an id that is not among `known`, or a value that is no finite number
            from `low` to `high`.
    """
    if values is None:
        return {}
    if not isinstance(values, pd.Series):
        check_type(values, Mapping, field, _MAPPING)
    values_by_id: Mapping[str, float] = by_id(values, field)
    check_names(values_by_id, known, field, what)
    return {
        name: check_number(value, field, remedy, low=low, high=high, key=name)
        for name, value in values_by_id.items()
    }


def by_id(values: Mapping[Any, Any] | pd.Series, field: str) -> dict[str, Any]:
    """Values by id, the ids as text. Raises `InputError` where two keys are one id."""
    items = list(values.items())
    values_by_id = {text_of(name): value for name, value in items}
    if len(values_by_id) < len(items):
        names = [text_of(name) for name, _ in items]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"{field} names {twice!r} twice, so it is not known which value counts. Give each id"
            " once.",
            field=field,
            value=twice,
        )
    return values_by_id


def label_assets(
    groups: Mapping[str, str] | Sequence[str] | None, names: Sequence[str]
) -> tuple[str, ...]:
    """One group a name, "" where none is given; a Series goes by its labels. Raises `InputError`
    for what is no text, groups of unknown assets or another length.
    """
    if groups is None:
        return ("",) * len(names)
    labels = _one_each(groups, names, "groups", "")
    for name, label in zip(names, labels, strict=True):
        if not isinstance(label, str):
            raise InputError(
                f"groups[{name!r}] is {short(label)} ({type(label).__name__}); limits name groups"
                ' by text, so it would never be found. Give text, "" for none.',
                field="groups",
                value=label,
            )
    return tuple(str(label) for label in labels)


def rate_assets(
    levels: Mapping[str, int] | Sequence[int] | IntArray | None, names: Sequence[str]
) -> IntArray:
    """One level 1..5 a name, 0 where none is given, shape (n,); a Series goes by its labels. Raises
    `InputError` for other levels, unknown assets and another length.
    """
    ratings = [0] * len(names) if levels is None else _one_each(levels, names, "risk_levels", 0)
    ratings = [rating_of(level, "R") for level in ratings]
    for name, level in zip(names, ratings, strict=True):
        if not isinstance(level, NUMBER) or isinstance(level, bool) or level not in range(6):
            raise InputError(
                f"risk_levels[{name!r}] is {short(level)}; levels are whole numbers from 1 (R1) to"
                " 5 (R5), 0 = unknown. Give one of them.",
                field="risk_levels",
                value=level,
            )
    rated = np.array(ratings, dtype=np.float64).astype(np.int64)
    rated.flags.writeable = False
    return rated


def _one_each(entries: object, names: Sequence[str], field: str, default: object) -> list[object]:
    """The value of each name, from a mapping (`default` where unnamed), from a Series or from a
    sequence as long as `names`.
    """
    entries = in_order(entries, names, field)
    if isinstance(entries, Mapping):
        entries = by_id(entries, field)
        check_names(entries, names, field)
        return [entries.get(name, default) for name in names]
    if isinstance(entries, str | AbstractSet) or not are_items(entries):
        raise InputError(
            f"{field} is {short(entries)} ({type(entries).__name__}); give one each of the"
            f" {len(names)} assets, or a mapping by asset id.",
            field=field,
            value=entries,
        )
    values = [value.item() if isinstance(value, np.generic) else value for value in entries]
    if len(values) != len(names):
        raise InputError(
            f"{field} has {len(values)} entries for {len(names)} assets; give one each, or a"
            " mapping by asset id.",
            field=field,
            value=len(values),
        )
    return values


def in_order(values: object, names: Sequence[str], field: str, *, square: bool = False) -> object:
    """Values in the order of the assets: a Series, or a DataFrame by its columns (and with `square`
    its rows), is put in order by its labels.

    Anything else, and a pandas object that is labelled by bare positions, is in order already and
    returned as it is.

    Raises:
        InputError: Its labels are not the assets.
    """
    if isinstance(values, pd.Series):
        return _by_label(values, names, field, 0)
    if isinstance(values, pd.DataFrame):
        frame = _by_label(values, names, field, 1)
        return _by_label(frame, names, field, 0) if square else frame
    return values


def _by_label(values: Any, names: Sequence[str], field: str, axis: int) -> Any:
    labels = values.axes[axis]
    if is_in_order(labels):
        return values
    have = labels_of(labels)
    if sorted(have) != sorted(names):
        odd = sorted(set(have) ^ set(names)) or sorted(
            {label for label in have if have.count(label) > 1}
        )
        raise InputError(
            f"{field} is labelled by other assets ({odd[:5]}) than {list(names[:5])}; label it by"
            " the same ones, once each, or pass an array in their order.",
            field=field,
            value=odd,
        )
    return values.set_axis(have, axis=axis).reindex(list(names), axis=axis)
