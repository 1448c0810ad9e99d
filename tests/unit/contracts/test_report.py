"""The report that every channel shows: the advice unchanged, the frontier and losses as the
engine's own parts say them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from advisor import InputError, sample
from advisor.contracts import AdviceReport, Client
from advisor.data import ClientTable
from advisor.engine import Advisor
from advisor.lifecycle import HISTORICAL, stress_test
from advisor.risk_profile import profile_risk

DAY = "2026-06-30"


@pytest.mark.parametrize("level", [0, 1, 3, 5])
def test_a_report_holds_the_advice_and_what_the_parts_say(advisor: Advisor, level: int) -> None:
    client = Client(
        id="c", wealth=2e5, horizon_years=10, level=level, assessed_on="2026-06-01", knowledge=80
    )
    report, advice = advisor.report(client, as_of=DAY), advisor.advise(client, as_of=DAY)
    assert report.advice.model_dump_json() == advice.model_dump_json()
    assert (
        AdviceReport.model_validate_json(report.model_dump_json()).model_dump_json()
        == report.model_dump_json()
    )
    assert report.omissions == advisor.omissions(advice, client)
    if advice.expected_volatility is None:
        assert (report.scenarios, report.stress_limit is None) == ((), level == 0)
        return
    assert any(row.loss > 0.0 for row in report.scenarios)
    weights = np.array(
        [advice.weights_after_orders.get(a, 0.0) for a in advisor.state.model.assets]
    )
    weights[0] += (
        1.0 - weights.sum()
    )  # the oracle takes portfolios without cash; the difference is at most that
    cash = 1.0 - sum(advice.weights_after_orders.values())
    losses = stress_test(weights, advisor.state.model, HISTORICAL).losses[0]
    by_name = dict(zip((s.name for s in HISTORICAL), losses, strict=True))
    for row in report.scenarios:
        assert row.loss == pytest.approx(by_name[row.name], abs=abs(cash) + 1e-12)
        assert row.within == (row.loss <= report.stress_limit + 1e-9)
    assert report.stress_limit == advisor.state.bands.stress_loss[advice.level - 1]


def test_the_frontier_is_efficient_and_the_client_is_not_above_it(advisor: Advisor) -> None:
    report = advisor.report(sample.client(), as_of=DAY)
    assert report.frontier is not None
    points = report.frontier.points
    x, y = [p.volatility for p in points], [p.expected_return for p in points]
    assert len(points) <= 61
    assert x == sorted(x)
    assert np.diff(y).min() >= 0.0
    assert np.diff(np.diff(y)).max() <= 1e-9  # concave: 61 points at equal distances
    for own in (report.frontier.target, report.frontier.held):
        assert own is not None
        assert own.expected_return <= np.interp(own.volatility, x, y) + 1e-4
    assert report.frontier.target.expected_return == pytest.approx(
        np.interp(report.frontier.target.volatility, x, y), abs=1e-4
    )


def test_the_profile_is_that_of_profile_risk_in_words(advisor: Advisor) -> None:
    client = sample.client()
    row = profile_risk(
        ClientTable.from_clients([client]),
        advisor.state.questionnaire,
        as_of=DAY,
        bands=advisor.state.bands,
    )[0]
    profile = advisor.report(client, as_of=DAY, language="zh").profile
    assert profile == advisor.profile(client, as_of=DAY, language="zh")
    assert (profile.level, profile.tolerance, profile.valid_until) == (
        row.level,
        row.tolerance,
        row.valid_until,
    )
    assert sum(profile.level_probability) == pytest.approx(1.0)
    assert not profile.limit.isascii()
    assert [c.code for c in profile.controls] == list(row.flags)


def test_another_language_leaves_the_advice_as_it_was(advisor: Advisor) -> None:
    english, chinese = (
        advisor.report(sample.client(), as_of=DAY, language=name) for name in ("en", "zh")
    )
    assert english.advice.model_dump_json() == chinese.advice.model_dump_json()
    assert all(not r.text.isascii() for r in chinese.omissions)
    for said in (chinese.sentences, *chinese.pick_sentences.values()):
        assert said
        assert not any(r.text.isascii() for r in said)
    assert english.sentences == english.advice.reasons
    with pytest.raises(InputError, match="language is 'fr'"):
        advisor.report(sample.client(), language="fr")
    with pytest.raises(InputError, match="not answered"):
        advisor.report(Client(id="c", wealth=1.0, horizon_years=1, answers={"horizon_need": "a"}))


def test_a_client_who_cannot_be_scored_has_a_profile_that_says_why(advisor: Advisor) -> None:
    profile = advisor.profile(Client(id="c", wealth=1.0, horizon_years=1), as_of=DAY)
    assert profile.level == 0
    assert profile.problem
    assert profile.tolerance is None
    json.loads(profile.model_dump_json())
