"""Folders of a saved advisor that others forge, and that two write at once."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor import (
    ALS,
    EASE,
    Advisor,
    AdvisorError,
    InputError,
    ItemKNN,
    Popularity,
    load,
    sample,
    save,
)
from advisor.engine.state import state_of
from advisor.folders import replacing

CLIENTS = sample.clients(20)


def reseal(folder: Path) -> None:
    """Digests, and where it can be found the fingerprint, as whoever forges recomputes them."""
    path = folder / "manifest.json"
    outer = json.loads(path.read_text())
    manifest = json.loads(outer["manifest"])
    for name, record in manifest["files"].items():
        record["sha256"] = hashlib.sha256(
            (folder / "arrays" / f"{name}.npy").read_bytes()
        ).hexdigest()
    try:
        arrays = {name: np.load(folder / "arrays" / f"{name}.npy") for name in manifest["files"]}
        manifest["fingerprint"] = Advisor(state_of(manifest["parts"], arrays)).fingerprint
    except (AdvisorError, ValueError, TypeError, IndexError):
        pass
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False)
    path.write_text(
        json.dumps({"manifest": text, "manifest_sha256": hashlib.sha256(text.encode()).hexdigest()})
    )


def other_shapes(array: np.ndarray) -> Iterator[np.ndarray]:
    """Cut, stretched, laid out or typed otherwise."""
    yield from (array[:-1], array[:0], np.concatenate([array, array[-1:]]), array[None])
    numbers = np.nan_to_num(array) if array.dtype.kind == "f" else array
    for kind in (
        np.float32,
        np.float64,
        np.int8,
        np.int64,
        np.uint8,
        np.uint64,
        np.complex128,
        np.bool_,
        "U8",
        ">f8",
        ">i8",
    ):
        yield numbers.astype(kind)
    yield np.asfortranarray(array)


def other_values(array: np.ndarray) -> Iterator[np.ndarray]:
    """Of the same kind and shape."""
    worst: tuple[Any, ...] = (
        (np.nan, np.inf, -1e300)
        if array.dtype.kind == "f"
        else (np.iinfo(array.dtype).min, np.iinfo(array.dtype).max)
    )
    for value in worst:
        for at in (0, -1):
            changed = array.copy()
            changed.flat[at] = value
            yield changed
    yield -array if array.dtype.kind == "f" else array[::-1].copy()


def written(array: np.ndarray) -> bytes:
    return array.tobytes() + str((array.dtype.str, array.shape, array.flags.c_contiguous)).encode()


@pytest.mark.parametrize(
    "recipe",
    [Popularity(), ALS(factors=4), EASE(), ItemKNN()],
    ids=lambda recipe: type(recipe).__name__,
)
def test_a_forged_array_is_refused_in_our_words(recipe: Any, tmp_path: Path) -> None:
    advisor = Advisor.fit(
        sample.market(), sample.interactions(60), catalogue=sample.catalogue(), recommender=recipe
    )
    base, forged = save(advisor, tmp_path / "base"), tmp_path / "forged"
    loaded: list[tuple[str, str, object]] = []
    for path in sorted((base / "arrays").iterdir()):
        array = np.load(path)
        kinds = [(True, bad) for bad in other_shapes(array)] + [
            (False, bad) for bad in (other_values(array) if array.size else ())
        ]
        for refused, bad in kinds:
            if written(bad) == written(array) or (
                not array.size and not bad.size and bad.dtype == array.dtype
            ):
                continue
            shutil.rmtree(forged, ignore_errors=True)
            shutil.copytree(base, forged)
            np.save(forged / "arrays" / path.name, bad)
            reseal(forged)
            try:
                found = load(forged)
                loaded += [(path.stem, str(bad.dtype), bad.shape)] if refused else []
                list(found.advise_many(CLIENTS, as_of="2026-11-20"))
            except AdvisorError:
                continue
    assert not loaded


def counted(name: str, at: tuple[int, ...], value: float) -> Callable[[Path], None]:
    def forge(arrays: Path) -> None:
        array = np.load(arrays / f"recommender.{name}.npy")
        array[at] = value
        np.save(arrays / f"recommender.{name}.npy", array)

    return forge


@pytest.mark.parametrize(
    ("recipe", "forge", "field"),
    [
        (EASE(), counted("gram.both", (0, 1), 7.0), "gram.both"),
        (EASE(), counted("gram.both", (3, 3), 1e6), "gram.both"),
        (ItemKNN(), counted("gram.both", (0, 0), -1.0), "gram.both"),
        (EASE(), counted("gram.owners", (2,), 1e6), "gram.owners"),
        (EASE(), counted("gram.recent", (2,), 61.0), "gram.recent"),
        (ItemKNN(), counted("matrix", (0, 3), -0.01), "matrix"),
        (Popularity(), counted("matrix", (0, 3), -0.01), "matrix"),
    ],
)
def test_counts_and_scores_that_no_fit_makes_are_refused(
    tmp_path: Path, recipe: Any, forge: Callable[[Path], None], field: str
) -> None:
    """Of the right shape and kind, and sealed again; each alone could be a number of a fit."""
    advisor = Advisor.fit(
        sample.market(), sample.interactions(60), catalogue=sample.catalogue(), recommender=recipe
    )
    folder = save(advisor, tmp_path / "advisor")
    forge(folder / "arrays")
    reseal(folder)
    with pytest.raises(InputError, match="damaged, and is not used") as refused:
        load(folder)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["covariance", "stress"])
def test_a_model_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """A covariance that is not symmetric, a loss below 0."""
    advisor = Advisor.fit(sample.market(), sample.interactions(60), catalogue=sample.catalogue())
    folder = save(advisor, tmp_path / "advisor")
    array = np.load(folder / "arrays" / f"{name}.npy")
    array[(0, 1) if array.ndim == 2 else 0] -= 0.5
    np.save(folder / "arrays" / f"{name}.npy", array)
    reseal(folder)
    with pytest.raises(InputError, match=name):
        load(folder)


def test_who_saves_second_is_told_so_whatever_vanishes_meanwhile(tmp_path: Path) -> None:
    def vanishing(folder: Path) -> list[str]:
        raise FileNotFoundError(f"{folder} went away: the other program removed it")

    with replacing(tmp_path / "house", "manifest.json", lambda _: []) as draft:
        (draft / "manifest.json").write_text("{}")
        for _ in range(2):
            with (
                pytest.raises(InputError, match="is being written by another program"),
                replacing(tmp_path / "house", "manifest.json", vanishing),
            ):
                pass
    assert (tmp_path / "house" / "manifest.json").read_text() == "{}"
