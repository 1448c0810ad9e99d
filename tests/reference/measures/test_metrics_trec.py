"""Every accuracy metric number for number against trec_eval (through pytrec_eval) and ranx, on
random lists with ties, short lists and clients who bought nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from advisor.measures import mark_hits
from advisor.measures.ranking import METRICS

CASES = 1500
PRODUCTS = 40
KS = (1, 3, 5, 10)
TREC = {
    "hit_rate": "success_{}",
    "precision": "P_{}",
    "recall": "recall_{}",
    "ndcg": "ndcg_cut_{}",
    "map": "map_cut_{}",
}
RANX = {
    "hit_rate": "hit_rate@{}",
    "precision": "precision@{}",
    "recall": "recall@{}",
    "ndcg": "ndcg@{}",
    "map": "map@{}",
    "mrr": "mrr@{}",
}


class Cases:
    """Random truths and lists. Scores take few values, so that most lists hold ties; equal scores
    stand in trec_eval's order (document id, descending)."""

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self.names = [f"p{j:02d}" for j in range(PRODUCTS)]
        self.truth = np.zeros((CASES, PRODUCTS), dtype=bool)
        self.codes = np.full((CASES, 12), -1)
        self.scores = np.full((CASES, 12), np.nan)
        for i in range(CASES):
            bought = 0 if i % 10 == 0 else int(rng.integers(1, 15))
            self.truth[i, rng.choice(PRODUCTS, bought, replace=False)] = True
            length = int(rng.integers(1, 13))
            listed = rng.choice(PRODUCTS, length, replace=False)
            tied = rng.integers(0, 5, length).astype(float)
            order = sorted(
                range(length), key=lambda s: (tied[s], self.names[listed[s]]), reverse=True
            )
            self.codes[i, :length], self.scores[i, :length] = listed[order], tied[order]
        self.hits = mark_hits(self.codes, sparse.csr_array(self.truth))
        self.bought = self.truth.sum(axis=1)

    def qrels(self) -> dict[str, dict[str, int]]:
        """Judged documents of each client; one judged and not bought keeps the clients who bought
        nothing in the file."""
        return {
            f"q{i}": {
                n: int(self.truth[i, j])
                for j, n in enumerate(self.names)
                if self.truth[i, j] or j == 0
            }
            for i in range(CASES)
        }

    def run(self, scores: np.ndarray, k: int) -> dict[str, dict[str, float]]:
        return {
            f"q{i}": {
                self.names[c]: float(s)
                for c, s in zip(self.codes[i, :k], scores[i, :k], strict=True)
                if c >= 0
            }
            for i in range(CASES)
        }


@pytest.fixture(scope="module")
def cases() -> Cases:
    made = Cases()
    ties = [len(np.unique(s[np.isfinite(s)])) < np.isfinite(s).sum() for s in made.scores]
    assert sum(ties) > 1000
    assert (made.bought == 0).sum() == CASES // 10
    return made


@pytest.fixture(scope="module")
def trec(cases: Cases) -> dict[str, dict[str, float]]:
    import pytrec_eval

    names = {"success", "P", "recall", "ndcg_cut", "map_cut"}
    measures = {f"{n}.{','.join(map(str, KS))}" for n in names} | {"recip_rank"}
    return pytrec_eval.RelevanceEvaluator(cases.qrels(), measures).evaluate(
        cases.run(cases.scores, 12)
    )


@pytest.mark.parametrize("metric", sorted(TREC))
def test_metrics_equal_trec_eval(
    cases: Cases, trec: dict[str, dict[str, float]], metric: str
) -> None:
    for k in KS:
        ours = METRICS[metric](cases.hits, cases.bought, k)
        theirs = np.array([trec[f"q{i}"][TREC[metric].format(k)] for i in range(CASES)])
        np.testing.assert_allclose(ours, theirs, atol=1e-12, rtol=0)


def test_reciprocal_rank_equals_trec_eval(cases: Cases, trec: dict[str, dict[str, float]]) -> None:
    """trec_eval's recip_rank has no cut-off; our lists end at 12."""
    theirs = np.array([trec[f"q{i}"]["recip_rank"] for i in range(CASES)])
    np.testing.assert_allclose(
        METRICS["mrr"](cases.hits, cases.bought, 12), theirs, atol=1e-12, rtol=0
    )


def test_a_wrong_divisor_would_be_noticed(cases: Cases, trec: dict[str, dict[str, float]]) -> None:
    """Broken on purpose: average precision over min(k, bought), and precision over the list's
    length, are other numbers."""
    k = 5
    bought = np.maximum(np.minimum(cases.bought, k), 1)
    wrong_map = METRICS["map"](cases.hits, cases.bought, k) * np.maximum(cases.bought, 1) / bought
    wrong_precision = (
        METRICS["precision"](cases.hits, cases.bought, k)
        * k
        / np.maximum((cases.codes[:, :k] >= 0).sum(axis=1), 1)
    )
    for wrong, name in ((wrong_map, "map_cut_5"), (wrong_precision, "P_5")):
        theirs = np.array([trec[f"q{i}"][name] for i in range(CASES)])
        assert np.abs(wrong - theirs).max() > 0.1


RANX_SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np
from ranx import Qrels, Run, evaluate
asked = json.loads(Path(sys.argv[1]).read_text())
run = Run(asked["run"])
found = evaluate(Qrels(asked["qrels"]), run, asked["names"], return_mean=False)
np.savez(sys.argv[2], ids=np.array(list(run.run.keys())), **{n: np.asarray(found[n]) for n in asked["names"]})
"""


@pytest.fixture(scope="module")
def ranx(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """ranx in a process of its own with its compiler off: compiling its kernels would take a
    minute, interpreting them takes seconds and gives the same numbers."""
    folder = tmp_path_factory.mktemp("ranx")
    # Its sort is not stable, so every list comes with distinct scores in the order meant.
    ranks = np.tile(np.arange(12, 0, -1.0), (CASES, 1))
    names = [name.format(k) for name in RANX.values() for k in KS]
    (folder / "asked.json").write_text(
        json.dumps({"qrels": cases.qrels(), "run": cases.run(ranks, 12), "names": names})
    )
    command = [
        sys.executable,
        "-c",
        RANX_SCRIPT,
        str(folder / "asked.json"),
        str(folder / "found.npz"),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as found:
        place = np.argsort([int(q[1:]) for q in found["ids"]])
        return {name: found[name][place] for name in names}


@pytest.mark.parametrize("metric", sorted(RANX))
def test_metrics_equal_ranx(cases: Cases, ranx: dict[str, np.ndarray], metric: str) -> None:
    for k in KS:
        ours = METRICS[metric](cases.hits, cases.bought, k)
        np.testing.assert_allclose(ours, ranx[RANX[metric].format(k)], atol=1e-12, rtol=0)
