"""Off-policy estimates against a simulated truth: a bank whose every purchase probability is
known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Ranking
from advisor.evaluate import LoggedChoices, off_policy, softmax_policy
from advisor.evaluate.match.off_policy import DEFINITIONS

CLIENTS, PRODUCTS = 400, 6


@dataclass(frozen=True)
class Bank:
    """True purchase probability of each (client, product), the policy that logged, and the one to
    be judged."""

    truth: np.ndarray
    logging: np.ndarray
    target: np.ndarray

    @classmethod
    def made(cls) -> Bank:
        rng = np.random.default_rng(11)
        truth = 1.0 / (1.0 + np.exp(-rng.normal(-2.0, 1.0, (CLIENTS, PRODUCTS))))
        noisy = truth + rng.normal(0, 0.1, truth.shape)
        return cls(
            truth, softmax_policy(rng.normal(0, 1, truth.shape), 1.5), softmax_policy(noisy, 0.1)
        )

    @property
    def value(self) -> float:
        return float((self.target * self.truth).sum(axis=1).mean())

    def log(
        self,
        seed: int,
        *,
        rounds: int = 5,
        model: np.ndarray | None = None,
        propensity: np.ndarray | None = None,
    ) -> LoggedChoices:
        rng = np.random.default_rng(seed)
        client = np.repeat(np.arange(CLIENTS), rounds)
        shown = (
            (rng.random(len(client))[:, None] > self.logging[client].cumsum(axis=1))
            .sum(axis=1)
            .clip(max=PRODUCTS - 1)
        )
        reward = (rng.random(len(client)) < self.truth[client, shown]).astype(float)
        claimed = self.logging if propensity is None else propensity
        predicted = expected = None
        if model is not None:
            predicted, expected = model[client, shown], (self.target * model).sum(axis=1)[client]
        return LoggedChoices(
            reward, claimed[client, shown], self.target[client, shown], predicted, expected, client
        )


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank.made()


def mean_of(
    bank: Bank, name: str, *, runs: int = 120, clip: float | None = None, **how: object
) -> tuple[float, float]:
    """Mean error over many logs, in standard errors of that mean, and the standard deviation of one
    estimate."""
    values = np.array(
        [off_policy(bank.log(seed, **how), clip=clip)[name].value for seed in range(runs)]
    )
    return float((values.mean() - bank.value) / (values.std(ddof=1) / np.sqrt(runs))), float(
        values.std(ddof=1)
    )


def test_the_policies_differ_enough_for_the_question_to_matter(bank: Bank) -> None:
    logged = float((bank.logging * bank.truth).sum(axis=1).mean())
    assert bank.value > 1.5 * logged
    error, _ = mean_of(bank, "logged", runs=20)
    assert error < -20  # the log's own mean says nothing about the new policy


@pytest.mark.parametrize("name", ["ips", "snips"])
def test_weighting_recovers_the_truth(bank: Bank, name: str) -> None:
    error, _ = mean_of(bank, name)
    assert abs(error) < 3.0


def test_doubly_robust_is_right_when_either_part_is(bank: Bank) -> None:
    """Right propensities with a hopeless model; the right model with hopeless propensities; and
    wrong when both are."""
    hopeless_model = np.full_like(bank.truth, 0.5)
    hopeless_propensity = np.minimum(1.0, 2.0 * bank.logging)
    assert abs(mean_of(bank, "dr", model=hopeless_model)[0]) < 3.0
    assert abs(mean_of(bank, "dr", model=bank.truth, propensity=hopeless_propensity)[0]) < 3.0
    assert abs(mean_of(bank, "dr", model=hopeless_model, propensity=hopeless_propensity)[0]) > 5.0
    assert off_policy(bank.log(0, model=hopeless_model))["direct"].value == pytest.approx(
        0.5
    )  # whatever the log says


def test_a_good_model_takes_variance_away(bank: Bank) -> None:
    spread = {
        name: mean_of(bank, name, model=bank.truth)[1] for name in ("ips", "snips", "dr", "sndr")
    }
    assert spread["dr"] < 0.95 * spread["ips"]
    assert spread["sndr"] < spread["ips"]
    assert spread["snips"] < spread["ips"]


def test_clipping_trades_bias_for_variance_and_says_how_much_it_cut(bank: Bank) -> None:
    error, spread = mean_of(bank, "ips", clip=2.0)
    assert error < -5.0
    assert spread < mean_of(bank, "ips")[1]
    report = off_policy(bank.log(0), clip=2.0)
    assert 0.0 < report.clipped < 1.0
    assert "cut at 2" in str(report)


@pytest.mark.parametrize("name", ["ips", "snips", "dr", "sndr"])
def test_intervals_cover_as_often_as_they_say(bank: Bank, name: str) -> None:
    """90 % intervals over 300 logs: between 85 and 95 % hold the truth (three binomial standard
    errors are 5 points)."""
    inside = 0
    for seed in range(300):
        estimate = off_policy(bank.log(1000 + seed, model=bank.truth * 0.7), confidence=0.9)[name]
        inside += estimate.low <= bank.value <= estimate.high
    assert 0.85 <= inside / 300 <= 0.95


def test_snips_does_not_move_with_a_constant_and_ips_does(bank: Bank) -> None:
    log = bank.log(3)
    shifted = LoggedChoices(log.reward + 10.0, log.propensity, log.target)
    assert off_policy(shifted)["snips"].value - 10.0 == pytest.approx(
        off_policy(log)["snips"].value, abs=1e-12
    )
    assert abs(off_policy(shifted)["ips"].value - 10.0 - off_policy(log)["ips"].value) > 1e-3


def test_judging_the_logging_policy_itself_gives_the_logs_own_mean(bank: Bank) -> None:
    log = bank.log(5)
    report = off_policy(LoggedChoices(log.reward, log.propensity, log.propensity))
    assert (
        report["ips"].value == report["snips"].value == pytest.approx(log.reward.mean(), abs=1e-15)
    )
    assert report.effective_records == pytest.approx(len(log))
    assert report.mean_weight == 1.0


def test_records_of_one_client_widen_the_interval() -> None:
    """The same record written ten times is no more evidence than once."""
    rng = np.random.default_rng(0)
    reward, client = rng.integers(0, 2, 200).astype(float), np.arange(200)
    once = off_policy(LoggedChoices(reward, np.full(200, 0.5), np.full(200, 0.5), cluster=client))[
        "ips"
    ]
    tenfold = off_policy(
        LoggedChoices(
            np.tile(reward, 10), np.full(2000, 0.5), np.full(2000, 0.5), cluster=np.tile(client, 10)
        )
    )["ips"]
    ignored = off_policy(
        LoggedChoices(np.tile(reward, 10), np.full(2000, 0.5), np.full(2000, 0.5))
    )["ips"]
    assert tenfold.standard_error == pytest.approx(once.standard_error)
    assert ignored.standard_error < 0.4 * once.standard_error


def test_wrong_propensities_are_noticed_by_the_mean_weight(bank: Bank) -> None:
    fine, wrong = (
        off_policy(bank.log(1)),
        off_policy(bank.log(1, propensity=np.full_like(bank.logging, 1.0))),
    )
    assert abs(fine.mean_weight - 1.0) < 3 * fine.mean_weight_error
    assert "Do not trust" not in str(fine)
    assert "Do not trust" in str(wrong)


def test_a_log_against_new_lists() -> None:
    ranking = Ranking(("x", "y"), ("a", "b", "c"), np.array([[0, 1], [2, -1]]), np.zeros((2, 2)))
    log = pd.DataFrame(
        {
            "client_id": ["x", "x", "y", "y", "nobody"],
            "product_id": ["a", "a", "c", "gone", "a"],
            "place": [1, 2, 1, 2, 1],
            "propensity": [0.5, 0.5, 0.25, 0.5, 0.5],
            "reward": [1.0, 1.0, 0.0, 1.0, 1.0],
        }
    )
    logged = LoggedChoices.against(log, ranking, slot="place")
    assert logged.target.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert off_policy(logged)["ips"].value == pytest.approx((1 / 0.5) / 4)
    assert off_policy(logged).clusters == 2
    with pytest.raises(InputError, match="ids do not match"):
        LoggedChoices.against(log.iloc[[4]], ranking)
    with pytest.raises(InputError, match="need the column"):
        LoggedChoices.against(log.drop(columns="reward"), ranking)
    for places in ([0, 1, 0, 1, 0], [1, 1.5, 1, 1, 1], [1, None, 1, 1, 1]):
        with pytest.raises(InputError, match="places are whole numbers from 1"):
            LoggedChoices.against(log.assign(place=places), ranking, slot="place")


def test_exploration_never_leaves_the_mask() -> None:
    rng = np.random.default_rng(2)
    eligible = rng.random((50, 8)) < 0.4
    eligible[:, 0] = True
    eligible[0] = False
    policy = softmax_policy(rng.normal(0, 300, (50, 8)), 0.01, eligible=eligible)
    assert (policy[~eligible] == 0.0).all()
    assert policy[1:].sum(axis=1) == pytest.approx(np.ones(49))
    assert policy[0].sum() == 0.0
    with pytest.raises(InputError, match="temperature"):
        softmax_policy(np.zeros((1, 2)), 0.0)


@pytest.mark.parametrize(
    ("reward", "propensity", "target", "message"),
    [
        ([1.0], [0.0], [0.5], "cannot have had probability 0"),
        ([1.0], [1.5], [0.5], "propensity"),
        ([1.0], [0.5], [-0.1], "target"),
        ([np.nan], [0.5], [0.5], "reward"),
        ([1.0, 1.0], [0.5], [0.5], "shape"),
        ([], [], [], "empty"),
    ],
)
def test_an_unusable_log_is_refused(
    reward: list[float], propensity: list[float], target: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        LoggedChoices(np.array(reward), np.array(propensity), np.array(target))


def test_the_table_defines_every_estimate(bank: Bank) -> None:
    frame = off_policy(bank.log(0, model=bank.truth)).to_frame()
    assert frame["estimate"].tolist() == ["logged", "ips", "snips", "direct", "dr", "sndr"]
    assert set(frame["estimate"]) == set(DEFINITIONS)
    for bad in ({"clip": 0.0}, {"confidence": 1.0}):
        with pytest.raises(InputError):
            off_policy(bank.log(0), **bad)
