"""Whether a new advisor may take over: the same clients, the same rules, one report."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from advisor import Advisor, ClientTable, Interactions, Market, evaluate_match
from advisor.adapters.analytics.gate_report import Check, GateReport, broken_promises
from advisor.annotations import Count, OpenShare, Seed, Text
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.validation import checked

_SLACK = 1e-12


@checked
def compare(
    champion: Advisor,
    challenger: Advisor,
    clients: ClientTable,
    bought: Interactions,
    *,
    as_of: date | str | None = None,
    market: Market | None = None,
    picks: Count = 5,
    metric: Text = "ndcg",
    days: Count = 126,
    confidence: OpenShare = 0.95,
    seed: Seed = 0,
) -> GateReport:
    """Both advisors on the same clients, judged by the champion's rules, profiles and bands.

    Args:
        champion: In service.
        challenger: To take over; with the same products and assets.
        clients: As they were on `as_of`.
        bought: What they newly bought after `as_of`; neither advisor may know of it.
        as_of: Day of the advice; None: the day before the first purchase of `bought`.
        market: Returns after `as_of`: promises are then also held against what came.
        picks: Products recommended.
        metric: Of relevance, at `picks`.
        days: Sessions in a window of the realised risk.
        confidence: Of the interval of the paired difference in relevance.
        seed: Of its bootstrap.

    Returns:
        `promoted` only where every pick of the challenger is suitable, no promise is broken more
        often than by the champion, and relevance is not worse by more than its interval.

    Raises:
        InputError: Purchases or returns are not later than `as_of`, an advisor was fitted on later
            purchases, or the two do not serve the same products and assets.
    """
    day = _day(bought, as_of)
    _fair(champion, challenger, market, day)
    batches = [a.advise_table(clients, as_of=str(day), picks=picks) for a in (champion, challenger)]
    profiles = batches[0].profiles
    judged_by: dict[str, Any] = {"regime": champion.regime, "catalogue": champion.catalogue}
    judged_by |= {"clients": clients, "profiles": profiles, "ks": (picks,), "seed": seed}
    reports = [evaluate_match(batch.ranking(), bought, **judged_by) for batch in batches]
    first, second = (report.suitability for report in reports)
    checks = [Check("suitability", first, second, second == 1.0, "every pick is suitable")]
    levels, tables = np.asarray(profiles.level), [batch.to_frame() for batch in batches]
    broken = broken_promises(tables, levels, champion.bands, market, days)
    for name, before in broken[0].items():
        worse, demand = broken[1][name] > before + _SLACK, "not more often than the champion"
        checks.append(Check(name, before, broken[1][name], not worse, demand))
    gap = reports[1].compare(reports[0], metric, picks, confidence=confidence, seed=seed)
    first, second = (report.score(metric, picks).value for report in reports)
    demand = f"difference {gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}] reaches 0 or more"
    checks.append(Check(f"{metric}_at_{picks}", first, second, gap.high >= 0.0, demand))
    return GateReport(
        all(check.passed for check in checks),
        tuple(checks),
        day.astype(object),
        len(clients),
        *reports,
        fingerprints=(champion.fingerprint, challenger.fingerprint),
    )


def _day(bought: Interactions, as_of: date | str | None) -> np.datetime64:
    """Day of the advice, before every purchase."""
    if not len(bought):
        why = "bought is empty; relevance cannot be judged. Wait for purchases."
        raise InputError(why, field="bought")
    first = bought.days.min().astype("datetime64[D]")
    day = first - np.timedelta64(1, "D") if as_of is None else as_day(as_of, "as_of")
    if first > day:
        return day
    why = f"bought begins on {first}, not after as_of = {day}; the advice could know it."
    remedy = f"Cut it with bought.after({str(day)!r})."
    raise InputError(f"{why} {remedy}", field="bought", value=str(first))


def _fair(
    champion: Advisor, challenger: Advisor, market: Market | None, day: np.datetime64
) -> None:
    """Refuse what would not be the same test for both."""
    if market is not None and market.dates[0] <= day:
        why = f"market begins on {str(market.dates[0])[:10]}, not after as_of = {day};"
        raise InputError(f"{why} risk would be judged on what was known. Cut it.", field="market")
    for name, advisor in (("champion", champion), ("challenger", challenger)):
        last = advisor.recommender.history.last_day
        if not np.isnat(last) and last > day:
            raise InputError(
                f"{name} was fitted on purchases until {last}, later than as_of = {day}; it may"
                f" have learnt what it is judged on. Fit it on interactions.until({str(day)!r}).",
                field=name,
            )
    served = [({*a.catalogue.ids.ids}, {*a.model.assets}) for a in (champion, challenger)]
    if served[0] != served[1]:
        why = "champion and challenger do not serve the same products and assets;"
        remedy = "their lists cannot be compared. Fit both on one catalogue and market."
        raise InputError(f"{why} {remedy}", field="challenger")
