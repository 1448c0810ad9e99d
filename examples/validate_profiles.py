"""Do questions measure, and do answers mean anything? Two public surveys, judged with the library's
own psychometrics.

    python examples/validate_profiles.py [data folder]

1. National Financial Well-Being Survey 2016: reliability of its twelve questions on investments and
   money, with the standard error of one person's score, an item response calibration, and how well
   the score tells who really holds investments.
2. Survey of Consumer Finances 2019: the share of financial wealth in equity by stated willingness
   to take risk.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from advisor.risk_profile import reliability, spearman_brown
from advisor.risk_profile.psychometrics.calibrate import calibrate

ITEMS = [f"FK{i}correct" for i in range(1, 4)] + [f"KH{i}correct" for i in range(1, 10)]
RESAMPLES = 200


def validate(data: Path) -> dict[str, object]:
    """Print both checks and return their numbers."""
    return judge_questions(data) | judge_willingness(data)


def judge_questions(data: Path) -> dict[str, object]:
    survey = pd.read_csv(data / "nfwbs" / "nfwbs2016.csv.gz")
    answers, weights = survey[ITEMS].to_numpy(dtype=np.int8), survey["finalwt"].to_numpy()
    found = reliability(answers, weights=weights)
    print(
        f"NFWBS 2016: {found.items} questions on investments and money, {found.respondents:,}"
        " adults"
    )
    print(
        f"  Cronbach's alpha {found.alpha:.3f} ({found.band}), McDonald's omega {found.omega:.3f}"
    )
    print(
        f"  score out of 12: deviation {found.standard_deviation:.2f}, standard error of one score"
        f" {found.standard_error:.2f}"
    )
    print(f"  twice as many such questions would reach {spearman_brown(found.alpha, 2):.3f}")
    model = calibrate(answers, items=ITEMS)
    ability = model.score(answers)
    print(
        "  graded response model: discrimination"
        f" {model.discrimination.min():.2f}..{model.discrimination.max():.2f}, {model.cycles}"
        " cycles"
    )
    print(
        f"  ability: mean standard error {ability.standard_error.mean():.3f}, so reliability"
        f" {1 - (ability.standard_error**2).mean():.3f}"
    )
    print(
        "  answer sheets that hang together badly (l_z < -2):"
        f" {(model.person_fit(answers) < -2).mean():.1%}"
    )
    holds = (
        survey["PRODHAVE_6"].to_numpy() == 1
        # non-retirement investments such as stocks, bonds or funds, by the order of the questionnaire
    )
    both = np.corrcoef(answers.sum(axis=1), holds)[0, 1]
    print(f"  correlation of the score with holding product 6: {both:.3f}")
    return {
        "alpha": found.alpha,
        "omega": found.omega,
        "standard_error": found.standard_error,
        "criterion": float(both),
    }


def judge_willingness(data: Path) -> dict[str, object]:
    families = pd.read_csv(data / "scf" / "scf2019_summary.csv.gz")
    risk = np.select(
        [families["NOFINRISK"] == 1, families["YESFINRISK"] == 1], ["none", "high"], "some"
    )
    money = pd.DataFrame({"risk": risk, "family": families["YY1"], "weight": families["WGT"]})
    money["equity"], money["wealth"] = (
        families["EQUITY"] * families["WGT"],
        families["FIN"] * families["WGT"],
    )
    shares = {
        name: float(g["equity"].sum() / g["wealth"].sum()) for name, g in money.groupby("risk")
    }
    rng = np.random.default_rng(0)
    print(
        "\nSCF 2019: equity as a share of financial wealth, by willingness to take financial risk"
    )
    for name in ("none", "some", "high"):
        by_family = (
            money[money["risk"] == name].groupby("family")[["equity", "wealth"]].sum().to_numpy()
        )
        draws = by_family[rng.integers(len(by_family), size=(RESAMPLES, len(by_family)))].sum(
            axis=1
        )
        low, high = np.quantile(draws[:, 0] / draws[:, 1], [0.025, 0.975])
        owners = families[(risk == name) & (families["FIN"] > 0)]
        typical = np.average(owners["EQUITY"] / owners["FIN"], weights=owners["WGT"])
        people = families.loc[risk == name, "WGT"].sum() / families["WGT"].sum()
        print(
            f"  {name:>4}: {shares[name]:.1%} of all money ({low:.1%}..{high:.1%}); {typical:.1%}"
            f" in the average family; {people:.1%} of families"
        )
    print(
        "  All money follows the statement; the average family that states a high willingness holds"
        " no more than one that states some:"
    )
    print(
        "  a statement alone is weak evidence, which is why a level needs capacity, horizon and an"
        " error of measurement beside it."
    )
    return {"equity_share": shares}


if __name__ == "__main__":
    folder = (
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else Path(
            os.environ.get("ADVISOR_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
        )
    )
    validate(folder)
