"""One saved advisor gives the same bits whatever the processor offers: four processes with other
instructions and another BLAS kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import advisor
from advisor import Advisor, GroupLimit, LinearLimit, Mandate, Regime, sample, save
from advisor.optimize import BiasPolicy

SRC = Path(advisor.__file__).parent.parent
AS_OF = "2026-11-20"
NO_FMA = (
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-FMA,-AVX,-AVX_Fast_Unaligned_Load,-XSAVEC,-XSAVE"
)

REPLAY = """
import hashlib, json, sys
import numpy as np
from advisor import load, sample

def told(advisor):
    clients = sample.clients(400)
    rows, advices, proofs = hashlib.sha256(), [], []
    for batch in advisor.advise_many(clients, as_of="2026-11-20", chunk=150):
        frame = batch.to_frame()
        for name in frame.columns:
            rows.update(name.encode() + repr([v.hex() if isinstance(v, float) else v for v in frame[name].tolist()]).encode())
        rows.update(batch.sales.tobytes() + batch.outcome.lacking.tobytes())
        for i in range(0, len(batch), 10):
            advice = batch[i]
            advices.append(hashlib.sha256(advice.model_dump_json().encode()).hexdigest())
            proofs.append(advisor.verify(advice, batch.clients.client(i)).ok if advice.status == "ok" else None)
    return rows.hexdigest(), advices, proofs

advisor = load(sys.argv[1])
rows, advices, proofs = told(advisor)
print(json.dumps({"rows": rows, "advices": advices, "proofs": proofs, "fingerprint": advisor.fingerprint}))
"""


def _numpy_features() -> str:
    """The dispatched features that this numpy can do without: the whole of x86-64-v3 and v4, or
    their parts."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


ENVIRONMENTS = {
    "as it is": {},
    "another BLAS kernel": {"OPENBLAS_CORETYPE": "Prescott"},
    "numpy's baseline": {"NPY_DISABLE_CPU_FEATURES": _numpy_features()},
    "libm without fused operations": {"GLIBC_TUNABLES": NO_FMA},
    "all of them": {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": _numpy_features(),
        "GLIBC_TUNABLES": NO_FMA,
    },
}


def _houses() -> dict[str, Advisor]:
    """A plain one, and one whose limits, mixed products, own limits and corrections take every way
    there is."""
    mixed = sample.catalogue()
    limits = Mandate(
        max_weight=0.5,
        group_limits=(GroupLimit(group="equity", upper=0.6),),
        linear_limits=(
            LinearLimit(
                name="stress",
                coefficients={"global_equity": 0.5, "high_yield": 0.25, "gold": 0.3},
                upper=0.25,
            ),
        ),
        max_volatility=0.16,
    )
    bought, market = sample.interactions(), sample.market()
    return {
        "plain": Advisor.fit(market, bought, catalogue=mixed),
        "strict": Advisor.fit(
            market,
            bought,
            catalogue=mixed,
            mandate=limits,
            regime=Regime.mifid(),
            biases=BiasPolicy(),
            diversity=0.3,
            utility_share=0.4,
        ),
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each advisor, saved once."""
    root = tmp_path_factory.mktemp("advisors")
    return {name: Path(save(house, root / name)) for name, house in _houses().items()}


def _replayed(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    env = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONHASHSEED": "0", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REPLAY, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["plain", "strict"])
def test_every_row_and_advice_has_the_same_bits(folders: dict[str, Path], name: str) -> None:
    told = {way: _replayed(folders[name], environment) for way, environment in ENVIRONMENTS.items()}
    plain = told.pop("as it is")
    assert len(plain["advices"]) == 40
    assert plain["proofs"].count(True) >= 20
    assert False not in plain["proofs"]
    for way, other in told.items():
        differ = int(
            np.sum([a != b for a, b in zip(plain["advices"], other["advices"], strict=True)])
        )
        assert other == plain, f"{way}: {differ} of 40 advices differ"
