"""What a client's page says, as plain values in one language: names for ids, money with its
currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, exp, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np

from advisor.contracts.advice import Advice, Pick, Reason
from advisor.contracts.report import AdviceReport
from advisor.contracts.wording import LANGUAGES, Language, Phrases, chosen_language, texts
from advisor.engine.output.reasons import limit_in, reason_in
from advisor.errors import InputError
from advisor.lifecycle.goals.goals import lognormal_rates
from advisor.reports.charts import percent

Labels = Mapping[str, Mapping[str, str] | str]
"""Name of an asset or a product by its id: one text, or a text by language."""

TOLD_APART = {"level", "target", "fees", "stress", "stress_above", "flag"}
"""Reasons whose content the page shows in sections of their own."""
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
LONGEST = 40
"""Years that a range of outcomes is shown for, at most."""
CENT = 0.005


@dataclass(frozen=True)
class Words:
    """How a page writes: its language, its names, its money.

    Attributes:
        currency: Code written beside money; "" writes none.
        wealth: Money that shares are shares of; None where it is not known.
    """

    language: Language
    names: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    wealth: float | None = None

    def __call__(self, key: str, /, **values: object) -> str:
        """A text of the page with its values."""
        return Phrases("client_page", self.language)(key, **values)

    def name(self, identity: str) -> str:
        """The name of an asset or product; its id where it has none."""
        return self.names.get(identity, identity)

    def money(self, value: float, digits: int = 0) -> str:
        """Money with its currency.

        >>> Words("en", currency="CNY").money(31981.8)
        'CNY 31,982'
        """
        text = f"{value:z,.{digits}f}"
        return f"{self.currency} {text}".strip()

    def part(self, share: float) -> str:
        """Money of a share of wealth, "" where wealth is not known."""
        return "" if self.wealth is None else self.money(share * self.wealth)

    def said(self, reasons: tuple[Reason, ...]) -> list[str]:
        """Sentences in the language, with names where they hold ids."""
        return [reason_in(reason, self.language, self.names).text for reason in reasons]


def words_of(
    advice: Advice,
    report: AdviceReport | None,
    language: str,
    labels: Labels | None,
    currency: str | None,
) -> Words:
    """How the page of an advice writes.

    Raises:
        InputError: The language has no texts, or a label is neither a text nor one by language.
    """
    known = chosen_language(language)
    names = _rule_names(advice, known) | ({} if report is None else report.names)
    label_by_id: Mapping[str, Any] = labels or {}
    for identity, label in label_by_id.items():
        name: Any = label.get(known) if isinstance(label, Mapping) else label
        if not isinstance(name, str) and (name is not None or label is None):
            raise InputError(
                f"The label of {identity!r} is {label!r}; a page needs a text, or a text by"
                " language. Correct it.",
                field="labels",
                value=identity,
            )
        if name:
            names[identity] = name
    if report is None:
        return Words(known, names, currency or "", _wealth(advice))
    return Words(known, names, currency or report.currency or "", report.wealth)


def _rule_names(advice: Advice, language: Language) -> dict[str, str]:
    """What stands in place of the ids of regimes and of rules: the name of the rule pack."""
    packs = texts(language)["regimes"]
    reasons = (*advice.reasons, *(reason for pick in advice.picks for reason in pick.reasons))
    rules = {str(r.data["rule"]) for r in reasons if "rule" in r.data}
    named = {rule: packs.get(rule.partition(".")[0], packs["own"]) for rule in rules}
    return packs | {rule: name[:1].upper() + name[1:] for rule, name in named.items()}


def missing_names(assets: Iterable[str], labels: Labels) -> list[str]:
    """The assets without a name in one of the languages.

    >>> missing_names(("gold", "cash"), {"gold": {"en": "Gold"}, "cash": "Cash"})
    ['gold']
    """
    names_by_asset = {asset: labels.get(asset, {}) for asset in assets}
    return [
        asset
        for asset, names in names_by_asset.items()
        if not (names if isinstance(names, str) else all(names.get(x) for x in LANGUAGES))
    ]


def _wealth(advice: Advice) -> float | None:
    """Wealth as the fees tell it, in money and as a share."""
    if advice.annual_fee and advice.annual_fee_money:
        return advice.annual_fee_money / advice.annual_fee
    return None


def level_of(advice: Advice, report: AdviceReport | None, words: Words) -> dict[str, Any]:
    """The level in words, how sure it is, what held it down."""
    own, level = texts(words.language), str(advice.level)
    lines: list[str] = []
    profile = None if report is None else report.profile
    if profile is not None and profile.limited_by == "assessed elsewhere":
        lines.append(words("elsewhere"))
    elif profile is not None and profile.level_probability and advice.level:
        chance = min(sum(profile.level_probability[advice.level - 1 :]), 1.0)
        lines.append(words("sure", chance=f"{chance:.0%}"))
    if profile is not None and profile.limited_by:
        held = profile.limited_by not in ("none", "assessed elsewhere")
        limit = limit_in(profile.limited_by, words.language)
        lines += [words("limit", limit=limit)] if held else []
        lines += [words("unlimited")] if profile.limited_by == "none" else []
    if profile is not None and profile.valid_until is not None:
        lines.append(words("valid", day=profile.valid_until))
    return {
        "code": f"C{level}" if advice.level else "",
        "name": own["levels"][level],
        "meaning": own["levels_mean"].get(level, ""),
        "lines": lines,
        "controls": _controls(advice, report, words),
    }


def _controls(advice: Advice, report: AdviceReport | None, words: Words) -> list[str]:
    """Answers to be looked at again: signs of the profile that speak of coherence."""
    flags = tuple(reason for reason in advice.reasons if reason.code == "flag")
    if flags or report is None:
        return [str(said) for said in words.said(flags)]
    own = texts(words.language)["flags"]
    return [own.get(control.code, control.text) for control in report.profile.controls]


def holdings_of(advice: Advice, words: Words) -> list[tuple[str, float, str]]:
    """Name, share of wealth and money of what is held after the orders, largest first; then
    cash.
    """
    weights = sorted(advice.weights_after_orders.items(), key=lambda item: -item[1])
    rows = [(words.name(asset), weight, words.part(weight)) for asset, weight in weights]
    rest = 1.0 - sum(weight for _, weight in weights)
    if advice.cash is not None and advice.cash > CENT:
        rows.append((words("cash"), rest, words.money(advice.cash)))
    return rows


def figures_of(advice: Advice, words: Words) -> list[tuple[str, str, str]]:
    """Title, value and note of the numbers that a client looks for first."""
    figures: list[tuple[str, str, str]] = []
    if words.wealth is not None:
        figures.append((words("wealth"), words.money(words.wealth), ""))
    if advice.net_return is not None:
        figures.append((words("return"), percent(advice.net_return), words("estimate")))
    if advice.expected_volatility is not None:
        swing = f"± {percent(advice.expected_volatility)}"
        figures.append((words("swing"), swing, words("estimate")))
    if advice.annual_fee_money:
        note = words("cost_note", share=percent(advice.annual_fee or 0.0))
        figures.append((words("cost"), words.money(advice.annual_fee_money), note))
    elif advice.annual_fee_money is not None:
        figures.append((words("cost"), words.money(0.0), words("no_cost")))
    return figures


def outcomes_of(
    advice: Advice, report: AdviceReport | None
) -> tuple[list[float], list[list[float]]] | None:
    """Years from now, and the money that is not exceeded with each probability of `FAN`, by year.

    Wealth is lognormal, as in `goal_success`, with the return after costs; None where it is not
    known.
    """
    if report is None or not report.wealth or not report.horizon_years:
        return None
    if advice.net_return is None or advice.expected_volatility is None or advice.net_return <= -1.0:
        return None
    years = min(max(ceil(report.horizon_years - 1e-9), 1), LONGEST)
    mean, deviation = np.array([advice.net_return]), np.array([advice.expected_volatility])
    mu, sigma = (float(rate[0]) for rate in lognormal_rates(mean, deviation))
    steps = [years * k / 24 for k in range(25)]
    rows = [
        [report.wealth * exp(mu * t + sigma * sqrt(t) * NormalDist().inv_cdf(level)) for t in steps]
        for level in FAN
    ]
    return steps, rows


def crises_of(report: AdviceReport | None, words: Words) -> list[tuple[str, float, bool, str]]:
    """Name, loss, whether the level allows it, and source, of the crises that clients know; worst
    first.
    """
    if report is None:
        return []
    known = texts(words.language)["crises"]
    shown = (s for s in report.scenarios if s.name in known)
    rows = ((known[s.name], s.loss, s.within, s.source) for s in shown)
    return sorted(rows, key=lambda row: -row[1])


def orders_of(advice: Advice, words: Words) -> list[dict[str, Any]]:
    """What to sell and to buy: name, money, asset and why, in the order of the advice."""
    picks = {pick.product_id: pick for pick in advice.picks}
    rows: list[dict[str, Any]] = []
    for order in advice.orders:
        pick = picks.get(order.product_id) if order.money > 0.0 else None
        why = [words("sell_why")] if pick is None else words.said(pick.reasons)
        sold = [r for r in advice.reasons if r.data.get("name") == order.product_id]
        rows.append(
            {
                "do": words("buy" if order.money > 0.0 else "sell"),
                "name": words.name(order.product_id),
                "asset": "" if pick is None else words.name(pick.asset),
                "money": words.money(abs(order.money), 2),
                "why": words.said(tuple(sold)) or why if pick is None else why,
            }
        )
    return rows


def alternatives_of(advice: Advice, words: Words) -> list[tuple[str, list[str]]]:
    """Name and reasons of each pick of which nothing is to be bought."""
    return [(words.name(pick.product_id), _why(pick, words)) for pick in advice.alternatives]


def _why(pick: Pick, words: Words) -> list[str]:
    return words.said(tuple(reason for reason in pick.reasons if reason.code != "suggestion"))


def notes_of(advice: Advice, words: Words) -> list[str]:
    """What else the advice says of the portfolio."""
    return words.said(tuple(r for r in advice.reasons if r.code not in TOLD_APART))


def next_of(advice: Advice, report: AdviceReport | None, words: Words) -> list[str]:
    """What the client does now."""
    until = None if report is None else report.profile.valid_until
    review = words("next_review_undated") if until is None else words("next_review", day=until)
    if advice.weights_after_orders:
        return [words("next_check"), words("next_read"), words("next_order"), review]
    key = f"next_{advice.status}"
    return [words(key if key in texts(words.language)["client_page"] else "next_other")]
