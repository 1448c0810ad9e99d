"""Psychometrics against an independent implementation, and against real surveys."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import girth
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from advisor.risk_profile import GradedResponseModel
from advisor.risk_profile.psychometrics.calibrate import calibrate

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "validate_profiles.py"


def answers(people: int = 1500, items: int = 8) -> np.ndarray:
    rng = np.random.default_rng(11)
    cuts = np.sort(rng.uniform(-1.8, 1.8, (items, 3)), axis=1) + 0.3 * np.arange(3)
    truth = GradedResponseModel.of(
        {f"{k}": (float(rng.uniform(0.8, 2.2)), cuts[k].tolist()) for k in range(items)}
    )
    above = truth.probability(rng.standard_normal(people)).cumsum(axis=2)[:, :, :-1]
    return (rng.random((people, items, 1)) > above).sum(axis=2).astype(np.int8)


def test_calibration_and_scores_agree_with_girth() -> None:
    """girth 0.8 (MIT) estimates the same model by marginal maximum likelihood over its own
    quadrature."""
    given = answers()
    theirs = girth.grm_mml(given.T.astype(int) + 1)
    ours = calibrate(given, tolerance=1e-6)
    assert ours.discrimination == pytest.approx(theirs["Discrimination"], abs=0.02)
    assert ours.thresholds == pytest.approx(theirs["Difficulty"], abs=0.03)
    assert ours.score(given).theta == pytest.approx(theirs["Ability"], abs=0.03)


def test_expected_a_posteriori_by_adaptive_integration() -> None:
    """The 33 nodes against scipy's adaptive quadrature of the same integrals."""
    rng = np.random.default_rng(12)
    model = GradedResponseModel.of(
        {
            f"{k}": (float(rng.uniform(0.6, 2)), np.sort(rng.uniform(-2, 2, 3)).tolist())
            for k in range(6)
        }
    )
    sheet = rng.integers(0, 4, (5, 6)).astype(np.int8)
    found = model.score(sheet)

    def moment(row: np.ndarray, power: int) -> float:
        def weighted(theta: float) -> float:
            p = model.probability(np.array([theta]))[0]
            return (
                theta**power * float(np.prod(p[np.arange(6), row])) * float(np.exp(-(theta**2) / 2))
            )

        return quad(weighted, -4, 4, epsabs=1e-12)[0]

    for i, row in enumerate(sheet):
        total, first, second = (moment(row, k) for k in range(3))
        assert found.theta[i] == pytest.approx(first / total, abs=2e-3)
        assert found.standard_error[i] == pytest.approx(
            np.sqrt(second / total - (first / total) ** 2), abs=2e-3
        )


@pytest.mark.data
def test_the_validation_example_says_what_the_surveys_say(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example's numbers, computed here a second way: alpha from covariances, equity shares with
    pandas."""
    found = run_path(str(EXAMPLE))["validate"](data_dir)
    assert "alpha" in capsys.readouterr().out

    survey = pd.read_csv(data_dir / "nfwbs" / "nfwbs2016.csv.gz")
    items = survey[
        [f"FK{i}correct" for i in range(1, 4)] + [f"KH{i}correct" for i in range(1, 10)]
    ].to_numpy(dtype=float)
    sigma = np.cov(items.T, aweights=survey["finalwt"].to_numpy(), ddof=0)
    mean_variance = np.trace(sigma) / 12
    mean_covariance = (sigma.sum() - np.trace(sigma)) / (12 * 11)
    assert found["alpha"] == pytest.approx(
        12 * mean_covariance / (mean_variance + 11 * mean_covariance), abs=1e-9
    )
    assert found["alpha"] == pytest.approx(0.70, abs=0.005)  # adequate, by a hair

    families = pd.read_csv(data_dir / "scf" / "scf2019_summary.csv.gz")
    risk = np.select(
        [families["NOFINRISK"] == 1, families["YESFINRISK"] == 1], ["none", "high"], "some"
    )
    sums = families[["EQUITY", "FIN"]].mul(families["WGT"], axis=0).groupby(risk).sum()
    shares = sums["EQUITY"] / sums["FIN"]
    assert found["equity_share"] == pytest.approx(shares.to_dict())
    assert shares["none"] < shares["some"] < shares["high"]
