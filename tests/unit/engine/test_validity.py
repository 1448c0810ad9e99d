"""How long an assessment may be used is said by the rule pack of the advisor."""

from __future__ import annotations

import pytest

from advisor import Advisor, Client, Regime, load, sample, save
from advisor.contracts import RulePack

PEOPLE = [
    Client(id=day, wealth=100_000, horizon_years=9, age=41, level=3, knowledge=70, assessed_on=day)
    for day in ("2025-05-19", "2025-05-20", "2026-05-19", "2026-05-20", "2024-11-19", "2024-11-20")
]
DAY = "2026-11-20"


def advisor_of(months: int) -> Advisor:
    pack = RulePack.bundled("nfra").model_copy(update={"id": "mine", "validity_months": months})
    return Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue(), regime=Regime(pack)
    )


@pytest.mark.parametrize(("months", "from_day"), [(6, "2026-05-20"), (18, "2025-05-20")])
def test_the_pack_decides_when_an_assessment_has_expired(
    months: int, from_day: str, tmp_path
) -> None:
    advisor = advisor_of(months)
    again = load(save(advisor, tmp_path / "advisor"))
    for client in PEOPLE:
        advice = advisor.advise(client, as_of=DAY)
        assert (advice.status == "assessment_expired") == (client.id < from_day)
        assert again.advise(client, as_of=DAY) == advice
        assert advisor.verify(advice, client).ok
        until = advisor.profile(client, as_of=DAY).valid_until
        assert until is not None
        assert (str(until) < DAY) == (client.id < from_day)
