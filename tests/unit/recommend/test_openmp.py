"""Where the compiled loops of `implicit` cannot be loaded, the recipe says what to install."""

from __future__ import annotations

import sys

import pytest

from advisor import ALS, BPR, SolverError, sample
from advisor.recommend import Recipe


@pytest.mark.parametrize(
    ("recipe", "module"), [(ALS(), "implicit.cpu.als"), (BPR(), "implicit.cpu.bpr")]
)
def test_a_missing_runtime_is_named(
    recipe: Recipe, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SolverError, match="libgomp1"):
        recipe.fit(sample.interactions(50))
