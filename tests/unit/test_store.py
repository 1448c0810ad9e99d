"""A saved house gives the same advice, and a changed byte is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor import ALS, Advisor, InputError, Popularity, load, sample, save

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def house() -> Advisor:
    return Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())


@pytest.mark.parametrize("recipe", [None, Popularity(), ALS(factors=4)])
def test_a_loaded_house_is_the_same_house(tmp_path: Path, recipe) -> None:
    house = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue(), recommender=recipe)
    folder = save(house, tmp_path / "house")
    again = load(folder)
    assert again.fingerprint == house.fingerprint
    assert again.advise(sample.client(), as_of=DAY) == house.advise(sample.client(), as_of=DAY)
    assert not list(folder.rglob("*.pkl"))


def test_saving_twice_gives_the_same_bytes_and_replaces(tmp_path: Path, house: Advisor) -> None:
    first, second = save(house, tmp_path / "a"), save(house, tmp_path / "b")
    save(house, tmp_path / "a")
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert all((first / f).read_bytes() == (second / f).read_bytes() for f in files)


def test_a_changed_byte_is_detected(tmp_path: Path, house: Advisor) -> None:
    folder = save(house, tmp_path / "house")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for at in {len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(InputError, match=r"changed|manifest|read|fingerprint"):
                load(folder)
        path.write_bytes(whole)
    load(folder)


def test_refusals_say_what_to_do(tmp_path: Path, house: Advisor) -> None:
    with pytest.raises(InputError, match="holds no saved advisor"):
        load(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not overwritten"):
        save(house, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    folder = save(house, tmp_path / "house")
    (folder / "arrays" / "mean.npy").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load(folder)


def test_a_newer_format_is_refused(tmp_path: Path, house: Advisor) -> None:
    from hashlib import sha256

    folder = save(house, tmp_path / "house")
    outer = json.loads((folder / "manifest.json").read_text())
    inner = json.loads(outer["manifest"]) | {"format_version": 99}
    text = json.dumps(inner)
    (folder / "manifest.json").write_text(json.dumps({"manifest": text, "manifest_sha256": sha256(text.encode()).hexdigest()}))
    with pytest.raises(InputError, match="version 99"):
        load(folder)
