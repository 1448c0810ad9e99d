"""The advice page: every figure of the report, names in the language, no proof, small, whole
without scripts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import unescape
from typing import Any

import numpy as np
import pytest

from advisor import Advice, Advisor, Client, InputError, sample
from advisor.contracts import AdviceReport
from advisor.contracts.wording import texts
from advisor.lifecycle import FundReturns, Simulation, wealth_fan
from advisor.reports import advice_page, advice_pdf
from advisor.reports.client_view import FAN, outcomes_of

DAY = "2026-06-30"
LABELS = sample.labels()
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def report(advisor: Advisor) -> AdviceReport:
    return advisor.report(sample.client(), as_of=DAY)


def text_of(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_the_report_holds(report: AdviceReport, language: str) -> None:
    page = advice_page(report, language=language, labels=LABELS, currency="CNY")
    text, advice = text_of(page), report.advice
    assert f'lang="{language}"' in page
    for asset, weight in advice.weights_after_orders.items():
        assert LABELS[asset][language] in text
        assert (f"{weight:.1%}" if weight >= 0.01 else f"{weight:.2%}") in text
        assert f"CNY {weight * 120_000:,.0f}" in text
    catalogue = {p.id: p.name for p in sample.catalogue().products}
    for order in advice.orders:
        assert catalogue[order.product_id] in text
        assert f"CNY {order.money:,.2f}" in text
    assert f"CNY {advice.annual_fee_money:,.0f}" in text
    level = texts(language)["levels"][str(advice.level)]  # type: ignore[arg-type]
    assert level in text
    assert f"{sum(report.profile.level_probability[advice.level - 1 :]):.0%}" in text
    assert str(report.profile.valid_until) in text
    worst = max(report.scenarios, key=lambda s: s.loss)
    assert f"{worst.loss:.1%}" in text
    assert ("more than allowed" in text or "超出范围" in text) == any(
        not s.within for s in report.scenarios
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_id_where_there_is_a_name_no_proof_no_script(
    report: AdviceReport, language: str
) -> None:
    page = advice_page(report, language=language, labels=LABELS)
    text = text_of(page)
    assert not re.search(r"\bP0\d\d\b", text)
    assert not any(asset in text for asset in LABELS if "_" in asset)
    assert "nfra" not in text
    assert "kkt" not in page.lower()
    assert "residual" not in page.lower()
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert len(page.encode()) <= 150_000
    ET.fromstring(re.sub(r"^<!doctype html>|<meta[^>]*>", "", page))


def test_another_language_has_no_left_over_sentence(report: AdviceReport) -> None:
    """What is written in Latin letters on the Chinese page is a name, a code or a source."""
    text = text_of(advice_page(report, language="zh", labels=LABELS))
    names = {p.name for p in sample.catalogue().products} | {s.source for s in report.scenarios}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    left = re.findall(r"[A-Za-z]{3,}(?: [A-Za-z]{2,})+", text)
    assert not left, left


def test_outcomes_are_those_of_the_simulated_fan(report: AdviceReport) -> None:
    outcomes = outcomes_of(report.advice, report)
    assert outcomes is not None
    steps, rows = outcomes
    assert steps[-1] == 12.0
    fan = wealth_fan(
        120_000.0,
        [1.0] * 12,
        returns=FundReturns(report.advice.net_return, report.advice.expected_volatility),
        levels=FAN,
        simulation=Simulation(draws=20_000),
    )
    assert np.array(rows)[:, -1] == pytest.approx(fan.wealth[:, -1], rel=0.03)
    assert np.array(rows)[:, 0] == pytest.approx([120_000.0] * 5)


CASES: dict[str, dict[str, Any]] = {
    "not_assessed": {"answers": {}, "assessed_on": None},
    "assessment_expired": {"level": 3, "answers": {}, "assessed_on": "2020-01-01"},
    "no_money": {"wealth": 0.0},
    "no_suitable_level": {"level": 0, "answers": {}},
    "holdings_above_band": {
        "level": 1,
        "answers": {},
        "holdings": {"gold": 9e4},
        "locked": frozenset({"gold"}),
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", sorted(CASES))
def test_every_status_has_a_page_that_says_why_and_what_to_do(
    advisor: Advisor, status: str, language: str
) -> None:
    client = Client.model_validate(sample.client().model_dump(exclude_unset=True) | CASES[status])
    try:
        report = advisor.report(client, as_of=DAY)
    except InputError:
        assert status == "not_assessed"
        return
    assert report.advice.status == status
    text = text_of(advice_page(report, language=language, labels=LABELS))
    own = texts(language)["client_page"]  # type: ignore[index]
    assert (own["none_head"] in text) == (not report.advice.weights_after_orders)
    assert own["next_head"] in text
    assert own.get(f"next_{status}", own["next_head"]) in text


def test_an_advice_alone_has_a_page(report: AdviceReport) -> None:
    page = advice_page(report.advice, labels=LABELS)
    assert f"{report.advice.net_return:.1%}" in text_of(page)
    assert texts("en")["client_page"]["fan_note"] not in text_of(page)


def test_markup_in_names_is_escaped(report: AdviceReport) -> None:
    page = advice_page(
        report,
        labels={"global_equity": "<script>alert(1)</script>"},
        disclaimer="<b>no</b>",
        currency="<i>",
    )
    assert "<script" not in page
    assert "<b>no" not in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"language": "fr"}, "language is 'fr'"),
        ({"labels": {"gold": {"en": 5}}}, "label of 'gold'"),
        ({"labels": {"gold": 5}}, "label of 'gold'"),
    ],
)
def test_refusals(report: AdviceReport, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        advice_page(report, **more)
    with pytest.raises(InputError, match="got str"):
        advice_page("advice")  # type: ignore[arg-type]


def test_a_pdf_has_pages_and_both_languages(report: AdviceReport) -> None:
    for language in LANGUAGES:
        assert advice_pdf(report, language=language, labels=LABELS).startswith(b"%PDF-")


def test_a_stored_report_gives_the_same_page(report: AdviceReport) -> None:
    stored = AdviceReport.model_validate_json(report.model_dump_json())
    assert advice_page(stored, labels=LABELS) == advice_page(report, labels=LABELS)
    assert isinstance(stored.advice, Advice)
