"""What the judges of lists are given, checked at their public functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import NoneType

import numpy as np
import pandas as pd

from advisor.arrays import check_number, check_type, check_whole
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.interactions import Interactions
from advisor.data.market import Market
from advisor.data.profiles import RiskProfiles
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.evaluate.match.outcomes import Refused

_KINDS: dict[type, str] = {
    Ranking: (
        "Pass a Ranking, such as fitted.rank(client_ids, k) or the `served()` lists of a batch of"
        " advice."
    ),
    Interactions: "Pass purchases, made by Interactions.from_frame.",
    RiskProfiles: "Pass RiskProfiles, made by profile_risk or RiskProfiles.from_levels.",
    ClientTable: "Pass a ClientTable, made by ClientTable.from_frame.",
    Catalogue: "Pass a Catalogue, made by Catalogue.from_frame.",
    Market: "Pass a Market, made by Market.from_prices or Market.from_returns.",
}
"""What can be given, and how it is made."""


def check_given(value: object, kind: type, field: str, *, optional: bool = False) -> None:
    """Raise `InputError` unless `value` is of this kind, or None where it is optional."""
    check_type(value, (kind, NoneType) if optional else kind, field, _KINDS[kind])


def check_draws(confidence: object, resamples: object, seed: object) -> None:
    """Raise `InputError` unless a bootstrap can be drawn so."""
    share = check_number(
        confidence,
        "confidence",
        "It is a share between 0 and 1, such as 0.95.",
        above=0.0,
        high=1.0,
    )
    if share == 1.0:
        raise InputError(
            "confidence is 1; no interval covers everything. Give a share below 1, such as 0.95.",
            field="confidence",
            value=confidence,
        )
    check_whole(resamples, "resamples", "Give how many resamples to draw, 1000 say.", low=1)
    check_whole(
        seed, "seed", "Give a whole number, 0 or more; the same one gives the same interval.", low=0
    )


def check_cut_offs(ks: object) -> tuple[int, ...]:
    """Cut-offs, ascending and distinct. Raises `InputError` where there is none, or one that is no
    whole number of 1 or more.
    """
    remedy = "Give cut-offs of 1 or more, such as (1, 5, 10)."
    check_type(ks, Iterable, "ks", remedy)
    whole = {check_whole(k, "ks", remedy, low=1, key=i) for i, k in enumerate(ks)}  # type: ignore[var-annotated, arg-type]
    if not whole:
        raise InputError(
            f"ks is {ks!r}; give at least one cut-off of 1 or more.", field="ks", value=ks
        )
    return tuple(sorted(whole))


def check_mask(eligible: object) -> None:
    """Raise `InputError` unless `eligible` is a table of yes and no, an `Eligibility`, or None; its
    shape is checked where it is used.
    """
    if eligible is None or isinstance(eligible, Eligibility | Refused):
        return
    try:
        kind = np.asarray(eligible).dtype.name
    except ValueError as error:
        kind = str(error)
    if kind != "bool":
        raise InputError(
            f"eligible is no mask ({kind}); pass booleans, one row a ranked client and one column a"
            " product, or an Eligibility.",
            field="eligible",
            value=kind,
        )


def check_rules(regime: object) -> None:
    """Raise `InputError` unless `regime` can be asked about a pair, or is None."""
    if regime is not None and (
        isinstance(regime, type) or not callable(getattr(regime, "check", None))
    ):
        check_type(regime, (), "regime", "Pass a Regime, such as Regime.nfra().")


def check_segmentation(by: object) -> None:
    """Raise `InputError` unless `by` says how to split the clients, or is None."""
    check_type(
        by,
        (str, Iterable, Mapping, pd.Series, pd.DataFrame, NoneType),
        "by",
        'Name "level", "segment" or "tenure", or pass labels by client.',
    )
    if isinstance(by, Iterator):
        check_type(by, (), "by", "Give the names in a list.")
    if isinstance(by, Iterable) and not isinstance(by, str | Mapping | pd.Series | pd.DataFrame):
        for i, name in enumerate(by):
            check_type(name, str, "by", 'Name "level", "segment" or "tenure".', key=i)
