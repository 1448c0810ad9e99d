"""Joint and group accounts: the most prudent member, never the average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.sustainability import parse
from advisor.data.categories import Categories
from advisor.data.clients.table import ClientTable
from advisor.data.ids import IdMap
from advisor.data.profiles import RiskProfiles
from advisor.data.tables import ids_of
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.risk_profile.assessments import are_minors
from advisor.validation import checked

_OF_ALL = ("professional", "legal_capacity", "private_qualified", "institution", "guardian")
"""What an account is only where all its members are."""


@checked
def joint_profiles(profiles: RiskProfiles, accounts: Sequence[str]) -> RiskProfiles:
    """One profile an account, each field that of its most prudent member.

    Args:
        profiles: Of c members.
        accounts: The account each member belongs to, length c.

    Returns:
        A row an account, in order of first appearance: the lowest level, with that member's
        probabilities, limit and target volatility (the first of equals); the lowest score of each
        dimension; the earliest expiry, unknown where one is; the lowest category and flags where
        any member has them. An account with a member who has no assessment has none.

    Raises:
        InputError: Not one account a member.

    Source: ESMA35-43-3172 GL6 69-70.
    """
    group, names = _groups(accounts, len(profiles))
    chief = _first_lowest(profiles.level, group, len(names))
    until = np.full(len(names), np.datetime64("9999-12-31"), dtype="datetime64[D]")
    np.minimum.at(until, group, profiles.valid_until)  # NaT wins, as it should
    bits = np.zeros(len(names), dtype=np.int64)
    np.bitwise_or.at(bits, group, profiles.flag_bits)
    problems: dict[int, str] = {}
    for row, text in profiles.problems.items():
        problems.setdefault(int(group[row]), f"member {personal(profiles.client_ids[row])}: {text}")
    return replace(
        profiles,
        client_ids=names.ids,
        level=profiles.level[chief],
        **{
            name: _lowest(getattr(profiles, name), group, len(names))
            for name in ("tolerance", "capacity", "horizon", "objective", "knowledge")
        },
        standard_error=profiles.standard_error[chief],
        level_probability=profiles.level_probability[chief],
        limits=profiles.limits.take(chief),
        lowest_category=_any(profiles.lowest_category, group, len(names)),
        flag_bits=bits,
        target_volatility=profiles.target_volatility[chief],
        valid_until=until,
        problems=problems,
    )


@checked
def joint_clients(clients: ClientTable, accounts: Sequence[str]) -> ClientTable:
    """One client an account, as the rules should see it; wealth, holdings and biases are those of
    the account's first row.

    Joint money is stated once, in the account's first row. Of the facts that rules read the most
    prudent member's count: the shortest horizon, the lowest knowledge, professional, qualified and
    of full capacity only where all are, all exclusions and all demands of sustainability. `age` is
    that of the oldest, except that a minor's counts first.

    Raises:
        InputError: Not one account a member.
    """
    group, names = _groups(accounts, len(clients))
    k = len(names)
    first = _first_lowest(np.zeros(len(clients), dtype=np.int64), group, k)
    oldest = -_lowest(-clients.age, group, k)  # unknown where one member's is
    young = _lowest(np.where(are_minors(clients.age), clients.age, np.inf), group, k)
    flags = {name: ~_any(~getattr(clients, name), group, k) for name in _OF_ALL}
    excluded: list[set[str]] = [set() for _ in range(k)]
    demands: list[dict[str, float]] = [{} for _ in range(k)]
    for row, account in enumerate(group.tolist()):
        excluded[account].update(clients.excluded.row(row))
        for name, share in parse(clients.sustainability.word(row) or "").items():
            demands[account][name] = max(share, demands[account].get(name, 0.0))
    return replace(
        clients.take(first),
        ids=names.ids,
        horizon_years=_lowest(clients.horizon_years, group, k),
        knowledge=_lowest(clients.knowledge, group, k),
        age=np.where(np.isfinite(young), young, oldest),
        excluded=type(clients.excluded).of_sets(excluded),
        sustainability=Categories.of_words([_written(demand) for demand in demands]),
        **flags,
    )


def _written(demands: Mapping[str, float]) -> str | None:
    return "|".join(f"{n}>={s!r}" if s else n for n, s in sorted(demands.items())) or None


def _groups(accounts: Sequence[str], members: int) -> tuple[IntArray, IdMap]:
    if len(accounts) != members:
        raise InputError(
            f"accounts names {len(accounts)} accounts for {members} members; give one each.",
            field="accounts",
            value=len(accounts),
        )
    labels = Categories.of_words(ids_of(accounts, "accounts"))
    return labels.codes, IdMap.of(labels.names, "accounts")


def _first_lowest(level: IntArray, group: IntArray, count: int) -> IntArray:
    order = np.lexsort((np.arange(len(level)), level, group))
    chief = np.zeros(count, dtype=np.int64)
    chief[group[order[::-1]]] = order[::-1]
    return chief


def _lowest(values: FloatArray, group: IntArray, count: int) -> FloatArray:
    """Smallest value of each group; nan (unknown) where one member's is."""
    low = np.full(count, np.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(low, group, values)  # nan wins, as it should
    return low


def _any(values: BoolArray, group: IntArray, count: int) -> BoolArray:
    any_true = np.zeros(count, dtype=np.bool_)
    np.logical_or.at(any_true, group, values)
    return any_true
