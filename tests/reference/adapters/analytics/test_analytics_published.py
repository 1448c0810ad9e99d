"""Analytics against published numbers: each has its source beside it."""

from __future__ import annotations

from fractions import Fraction
from math import comb, isclose
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import roots_genlaguerre, roots_jacobi

from advisor.adapters.analytics import (
    PurchaseModel,
    SpendModel,
    ab_test,
    clv,
    drivers,
    hazard_ratios,
    nps,
    proportion,
    sample_size,
    survival,
)

CDNOW = Path(__file__).resolve().parents[3] / "data" / "cdnow" / "customers.csv"

MERCAPTOPURINE = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
"""Weeks in remission (Freireich et al. 1963); of the first list the first nine ended."""

SWISS = """
80.2 17.0 15 12 9.96 22.2|83.1 45.1 6 9 84.84 22.2|92.5 39.7 5 5 93.40 20.2|85.8 36.5 12 7 33.77 20.3
76.9 43.5 17 15 5.16 20.6|76.1 35.3 9 7 90.57 26.6|83.8 70.2 16 7 92.85 23.6|92.4 67.8 14 8 97.16 24.9
82.4 53.3 12 7 97.67 21.0|82.9 45.2 16 13 91.38 24.4|87.1 64.5 14 6 98.61 24.5|64.1 62.0 21 12 8.52 16.5
66.9 67.5 14 7 2.27 19.1|68.9 60.7 19 12 4.43 22.7|61.7 69.3 22 5 2.82 18.7|68.3 72.6 18 2 24.20 21.2
71.7 34.0 17 8 3.30 20.0|55.7 19.4 26 28 12.11 20.2|54.3 15.2 31 20 2.15 10.8|65.1 73.0 19 9 2.84 20.0
65.5 59.8 22 10 5.23 18.0|65.0 55.1 14 3 4.52 22.4|56.6 50.9 22 12 15.14 16.7|57.4 54.1 20 6 4.20 15.3
72.5 71.2 12 1 2.40 21.0|74.2 58.1 14 8 5.23 23.8|72.0 63.5 6 3 2.56 18.0|60.5 60.8 16 10 7.72 16.3
58.3 26.8 25 19 18.46 20.9|65.4 49.5 15 8 6.10 22.5|75.5 85.9 3 2 99.71 15.1|69.3 84.9 7 6 99.68 19.8
77.3 89.7 5 2 100.00 18.3|70.5 78.2 12 6 98.96 19.4|79.4 64.9 7 3 98.22 20.2|65.0 75.9 9 9 99.06 17.8
92.2 84.6 3 3 99.46 16.3|79.3 63.1 13 13 96.83 18.1|70.4 38.4 26 12 5.62 20.3|65.7 7.7 29 11 13.79 20.5
72.7 16.7 22 13 11.22 18.9|64.4 17.6 35 32 16.92 23.0|77.6 37.6 15 7 4.97 20.0|67.6 18.7 25 7 8.65 19.5
35.0 1.2 37 53 42.34 18.0|44.7 46.6 16 29 50.43 18.2|42.8 27.7 22 29 58.33 19.3
"""
"""Fertility, agriculture, examination, education, catholic, infant mortality of 47 Swiss districts
in 1888 (Mosteller and Tukey 1977)."""


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return pd.read_csv(CDNOW)


@pytest.fixture(scope="module")
def purchases(cdnow: pd.DataFrame) -> PurchaseModel:
    return PurchaseModel.fit(cdnow["frequency"], cdnow["recency"], cdnow["age"])


def test_bg_nbd_of_fader_hardie_and_lee(purchases: PurchaseModel) -> None:
    """(2005), table 2: r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9,582.4."""
    assert purchases.customers == 2357
    assert round(purchases.r, 3) == 0.243
    assert round(purchases.alpha, 3) == 4.414
    assert round(purchases.a, 3) == 0.793
    assert round(purchases.b, 3) == 2.426
    assert round(purchases.log_likelihood, 1) == -9582.4
    assert purchases.at_edge == ()


def test_expected_purchases_of_the_published_note(purchases: PurchaseModel) -> None:
    """Fader, Hardie and Lee's spreadsheet note: x = 2, t_x = 30.43, T = 38.86: 1.226 in 39 weeks; R
    package BTYD: a new client 1.444 in 52 weeks, and x = 26, t_x = 30.86, T = 31: 25.76 in 52
    weeks."""
    assert round(purchases.expected_of([2], [30.43], [38.86], time=39).item(), 3) == 1.226
    assert round(purchases.expected(52), 3) == 1.444
    assert round(purchases.expected_of([26], [30.86], [31], time=52).item(), 2) == 25.76


def test_another_unit_of_time_gives_the_same_model(
    cdnow: pd.DataFrame, purchases: PurchaseModel
) -> None:
    days = PurchaseModel.fit(cdnow["frequency"], cdnow["recency"] * 7.0, cdnow["age"] * 7.0)
    assert days.alpha == pytest.approx(7.0 * purchases.alpha, rel=1e-5)
    assert (days.r, days.a, days.b) == pytest.approx(
        (purchases.r, purchases.a, purchases.b), rel=1e-5
    )
    repeats = cdnow["frequency"].sum()
    assert days.log_likelihood + repeats * np.log(7.0) == pytest.approx(
        purchases.log_likelihood, abs=1e-6
    )


@pytest.mark.parametrize("a", [0.4, 0.793, 1.0, 2.5])
def test_expected_purchases_by_quadrature(a: float) -> None:
    """Bayes by hand over rate and chance to leave, which knows nothing of hypergeometric
    functions."""
    r, alpha, b, time = 0.9, 4.0, 2.4, 20.0
    model = PurchaseModel(r, alpha, a, b, 0.0, 1)
    for x, last, end in ((0.0, 0.0, 15.0), (1.0, 3.0, 15.0), (4.0, 14.0, 15.0)):
        nodes, weights = roots_genlaguerre(120, r - 1.0 + x)
        chance, chances = roots_jacobi(120, b - 1.0, a - 1.0)
        p = (1.0 + chance) / 2.0
        active = weights / (alpha + end) ** (r + x)
        gone = weights / (alpha + last) ** (r + x)
        stays, leaves = (
            chances * (1.0 - p) ** x,
            (chances * p * (1.0 - p) ** max(x - 1.0, 0.0) if x else 0.0 * p),
        )
        total = active.sum() * stays.sum() + gone.sum() * leaves.sum()
        rate = nodes / (alpha + end)
        later = -np.expm1(-rate[:, None] * p * time) / p
        mean = (active[:, None] * stays * later).sum() / total
        got = model.expected_of([x], [last], [end], time=time).item()
        assert got == pytest.approx(mean, rel=2e-4), (x, last, end)
        assert model.p_alive([x], [last], [end]).item() == pytest.approx(
            active.sum() * stays.sum() / total, rel=1e-9
        )


def test_p_alive_is_one_for_whoever_bought_once(purchases: PurchaseModel) -> None:
    assert purchases.p_alive([0, 0], [0, 0], [1, 300]).tolist() == [1.0, 1.0]


def test_gamma_gamma_of_fader_and_hardie(cdnow: pd.DataFrame) -> None:
    """(2013), section 4: p 6.25, q 3.74, v 15.44 on the 946 who bought again."""
    model = SpendModel.fit(cdnow["frequency"], cdnow["money"])
    assert model.customers == 946
    assert model.p == pytest.approx(6.25, abs=0.005)
    assert model.q == pytest.approx(3.74, abs=0.006)
    assert model.v == pytest.approx(15.44, abs=0.02)
    means = model.expected_of([0, 1, 10_000], [0.0, 20.0, 20.0])
    population = model.p * model.v / (model.q - 1.0)
    assert means[0] == pytest.approx(population)
    assert 20.0 < means[1] < population
    assert means[2] == pytest.approx(20.0, rel=1e-2)


def test_lifetime_value_is_the_discounted_sum(
    cdnow: pd.DataFrame, purchases: PurchaseModel
) -> None:
    spend = SpendModel.fit(cdnow["frequency"], cdnow["money"])
    head = cdnow.head(4)
    value = clv(head, purchases, spend, periods=3, period=13.0, discount=0.02, margin=0.3)
    for row, client in enumerate(head.itertuples()):
        one = ([client.frequency], [client.recency], [client.age])
        ends = [0.0, *(purchases.expected_of(*one, time=13.0 * k).item() for k in (1, 2, 3))]
        each = spend.expected_of([client.frequency], [client.money]).item()
        by_hand = sum((ends[k] - ends[k - 1]) * each * 0.3 / 1.02**k for k in (1, 2, 3))
        assert value.iloc[row] == pytest.approx(by_hand, rel=1e-12)


def test_kaplan_meier_of_the_remission_data() -> None:
    """Kalbfleisch and Prentice (1980), table 1.3: .857 .807 .753 .690 .627 .538 .448; median 23
    against 8."""
    ended = [1] * 9 + [0] * 12
    curve = survival(MERCAPTOPURINE, ended)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.share.round(3).tolist() == [0.857, 0.807, 0.753, 0.69, 0.627, 0.538, 0.448]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.standard_error.round(3).tolist() == [
        0.076,
        0.087,
        0.096,
        0.107,
        0.114,
        0.128,
        0.135,
    ]
    assert curve.quantile() == 23.0
    assert survival(PLACEBO, [1] * 21).quantile() == 8.0
    assert (curve.at(5.9), curve.at(6)) == (1.0, pytest.approx(18 / 21))
    low, high = curve.interval()  # R survfit(conf.type = "log-log"): .620 to .952 at 6 weeks
    assert (round(low[0], 3), round(high[0], 3)) == (0.620, 0.952)


def test_cox_of_the_remission_data() -> None:
    """R's coxph with Efron's ties, as in Cox (1972) on these data: 1.572, standard error .412."""
    ended = [1] * 9 + [0] * 12 + [1] * 21
    frame = pd.DataFrame(
        {"weeks": MERCAPTOPURINE + PLACEBO, "ended": ended, "placebo": [0] * 21 + [1] * 21}
    )
    row = hazard_ratios(frame, duration="weeks", ended="ended", covariates=("placebo",)).loc[
        "placebo"
    ]
    assert round(row["coefficient"], 3) == 1.572
    assert round(row["standard_error"], 3) == 0.412
    assert round(row["hazard_ratio"], 2) == 4.82


def test_drivers_of_the_swiss_data() -> None:
    """Groemping's R package relaimpo, metric lmg, on R's data set swiss."""
    columns = [
        "fertility",
        "agriculture",
        "examination",
        "education",
        "catholic",
        "infant_mortality",
    ]
    rows = [
        list(map(float, row.split()))
        for line in SWISS.strip().splitlines()
        for row in line.split("|")
    ]
    found = drivers(
        pd.DataFrame(rows, columns=columns), outcome="fertility", drivers=tuple(columns[1:])
    )
    published = [0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592]
    assert found.n == 47
    assert found.shares.values == pytest.approx(published, abs=5e-9)
    assert found.r_squared == pytest.approx(sum(published), abs=3e-8)


def test_net_promoter_score_and_its_error() -> None:
    """p = .5, d = .2, n = 400: 30 with a standard error of 3.9."""
    score = nps([10] * 120 + [9] * 80 + [8] * 60 + [7] * 60 + [6] * 50 + [0] * 30)
    assert (score.promoters, score.passives, score.detractors, score.n) == (200, 120, 80, 400)
    assert score.value == pytest.approx(30.0)
    assert round(score.standard_error, 1) == 3.9
    points = np.repeat([100.0, 0.0, -100.0], [200, 120, 80])  # the error of a mean of +100, 0, -100
    assert score.standard_error == pytest.approx(points.std() / 20.0, rel=1e-12)


def test_wilson_interval() -> None:
    """Newcombe (1998), table I, method 3: 81 of 263: .2553 to .3662; 0 of 20: 0 to .1611."""
    share = proportion(81, 263)
    assert (round(share.low, 4), round(share.high, 4)) == (0.2553, 0.3662)
    none = proportion(0, 20)
    assert none.low == 0.0
    assert round(none.high, 4) == 0.1611


def test_sample_size_of_ten_against_twelve_per_cent() -> None:
    """Normal power of Cohen's h: 3,834.6, so 3,835 an arm; by hand ((z.975 + z.8) / h)^2 x 2."""
    assert sample_size(0.10, 0.12) == 3835
    h = 2.0 * (np.arcsin(np.sqrt(0.12)) - np.arcsin(np.sqrt(0.10)))
    assert 2.0 * ((1.959964 + 0.841621) / h) ** 2 == pytest.approx(3834.6, abs=0.1)
    assert sample_size(0.12, 0.10) == 3835
    assert sample_size(0.01, 0.99) <= 4


@pytest.mark.parametrize(
    ("won", "seen"), [((3, 5), (10, 12)), ((0, 1, 4), (3, 3, 9)), ((12, 9, 0, 20), (30, 40, 5, 60))]
)
def test_ab_test_against_exact_fractions(won: tuple[int, ...], seen: tuple[int, ...]) -> None:
    """With whole parameters every distribution function is a polynomial, and its integral a
    fraction."""
    result = ab_test(won, seen)
    polynomials = [_distribution(1 + k, 1 + n - k) for k, n in zip(won, seen, strict=True)]
    for i in range(len(won)):
        others = _product([p for j, p in enumerate(polynomials) if j != i])
        density = [k * c for k, c in enumerate(polynomials[i])][1:]
        assert result.p_best[i] == pytest.approx(
            float(_integral(_times(density, others))), abs=1e-10
        )
        beaten = [-c for c in others]
        beaten[0] += 1
        loss = _integral(_times(polynomials[i], beaten))
        assert result.expected_loss[i] == pytest.approx(float(loss), abs=1e-12)
    assert isclose(result.p_best.sum(), 1.0, abs_tol=1e-12)


def _distribution(a: int, b: int) -> list[Fraction]:
    """Coefficients of the distribution function of Beta(a, b): sum over j >= a of C(n, j) x^j (1 -
    x)^(n - j), n = a + b - 1."""
    n = a + b - 1
    total = [Fraction(0)] * (n + 1)
    for j in range(a, n + 1):
        for k in range(n - j + 1):
            total[j + k] += comb(n, j) * comb(n - j, k) * (-1) ** k
    return total


def _times(p: list[Fraction], q: list[Fraction]) -> list[Fraction]:
    out = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return out


def _product(parts: list[list[Fraction]]) -> list[Fraction]:
    out = [Fraction(1)]
    for part in parts:
        out = _times(out, part)
    return out


def _integral(p: list[Fraction]) -> Fraction:
    return sum((c / (k + 1) for k, c in enumerate(p)), Fraction(0))
