"""A saved advisor gives the same advice, and a changed byte is noticed."""

from __future__ import annotations

import itertools
import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import advisor
from advisor import (
    ALS,
    BPR,
    EASE,
    MVECF,
    Advisor,
    Association,
    Blend,
    Demographic,
    InputError,
    LinearLimit,
    Mandate,
    Popularity,
    Regime,
    load,
    sample,
    save,
    store,
)
from advisor.contracts import RulePack
from advisor.engine.data_days import DataDays
from advisor.optimize import BiasPolicy
from advisor.recommend.restore import restore

DAY = "2026-11-20"


@pytest.mark.parametrize("recipe", [None, Popularity(), ALS(factors=4)])
def test_a_loaded_house_is_the_same_house(tmp_path: Path, recipe) -> None:
    advisor = Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue(), recommender=recipe
    )
    folder = save(advisor, tmp_path / "house")
    again = load(folder)
    assert again.fingerprint == advisor.fingerprint
    assert again.advise(sample.client(), as_of=DAY) == advisor.advise(sample.client(), as_of=DAY)
    assert not list(folder.rglob("*.pkl"))


def test_saving_twice_gives_the_same_bytes_and_replaces(tmp_path: Path, advisor: Advisor) -> None:
    first, second = save(advisor, tmp_path / "a"), save(advisor, tmp_path / "b")
    save(advisor, tmp_path / "a")
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert all((first / f).read_bytes() == (second / f).read_bytes() for f in files)


def test_another_advisor_is_replaced_only_where_that_is_asked_for(
    tmp_path: Path, advisor: Advisor
) -> None:
    """An advisor that has learnt more is the same one; one of other rules is another."""
    bought = sample.interactions()
    first = Advisor.fit(sample.market(), bought.until("2025-06-30"), catalogue=sample.catalogue())
    folder = save(first, tmp_path / "a", key=b"k" * 16)
    grown = first.updated(bought.after("2025-06-30"))
    assert grown.fingerprint != first.fingerprint
    save(grown, folder)
    window = bought.after("2025-06-30")
    clients = sample.clients(assessed_on="2025-06-01")
    save(first.calibrate(clients, window, as_of="2025-07-01"), folder)
    other = Advisor.fit(
        sample.market(), bought, catalogue=sample.catalogue(), mandate=Mandate(max_weight=0.6)
    )
    earlier = Advisor.fit(sample.market().until("2025-01-31"), bought, catalogue=sample.catalogue())
    for one in (other, earlier):
        with pytest.raises(InputError, match=r"another advisor .* overwrite=True") as caught:
            save(one, folder)
        assert caught.value.field == "folder"
    assert load(folder).fingerprint not in (other.fingerprint, first.fingerprint)
    save(other, folder, overwrite=True)
    assert load(folder).fingerprint == other.fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_how_far_data_reach_is_saved_and_is_no_part_of_the_fingerprint(
    tmp_path: Path, advisor: Advisor
) -> None:
    until, rows = sample.market().dates[-1].item(), len(sample.market())
    loaded = load(save(advisor, tmp_path / "a"))
    assert loaded.state.days == advisor.state.days
    assert (loaded.state.days.prices, loaded.state.days.rows) == (until, rows)
    same = replace(advisor.state, days=DataDays())
    assert same.fingerprint == advisor.fingerprint


def test_a_changed_byte_is_detected(tmp_path: Path, advisor: Advisor) -> None:
    folder = save(advisor, tmp_path / "house")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for at in {len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(InputError, match=r"changed|manifest|read|fingerprint"):
                load(folder)
        path.write_bytes(whole)
    load(folder)


def test_refusals_say_what_to_do(tmp_path: Path, advisor: Advisor) -> None:
    with pytest.raises(InputError, match="holds no saved advisor"):
        load(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not overwritten"):
        save(advisor, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    folder = save(advisor, tmp_path / "house")
    (folder / "arrays" / "mean.npy").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load(folder)


def resigned(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """A manifest that was changed and signed again, as another version, or somebody else, would."""
    outer = json.loads((folder / "manifest.json").read_text())
    inner = json.loads(outer["manifest"])
    found = change(inner)
    text = json.dumps(inner if found is None else found)
    (folder / "manifest.json").write_text(
        json.dumps({"manifest": text, "manifest_sha256": sha256(text.encode()).hexdigest()})
    )


def put(value: object, *path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(manifest: Any) -> None:
        for step in path[:-1]:
            manifest = manifest[step]
        manifest[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(manifest: Any) -> None:
        for step in path[:-1]:
            manifest = manifest[step]
        del manifest[path[-1]]

    return change


NEWER = {
    "format": put(99, "format_version"),
    "field": put(1, "signature"),
    "part": put([], "parts", "esg"),
    "bias": put(1.0, "parts", "biases", "herding"),
    "product field": put(1, "parts", "catalogue", 0, "carbon"),
    "rule field": put(1, "parts", "regime", "rules", 0, "weight"),
    "mandate field": put(1, "parts", "mandate", "turnover"),
    "band field": put(1, "parts", "bands", "tails"),
    "relevance field": put(1, "parts", "recommender", "layers"),
    "language": put("fr", "parts", "language"),
    "file field": put("x", "files", "mean", "codec"),
}
DAMAGED = {
    "no record": lambda _: [],
    "version as a word": put("3", "format_version"),
    "no version": drop("format_version"),
    "version nothing": put(None, "format_version"),
    "version true": put(True, "format_version"),
    "an older version": put(2, "format_version"),
    "another format": put("pickle", "format"),
    "no library": drop("library"),
    "library a number": put(3, "library"),
    "no files": drop("files"),
    "files a list": put([], "files"),
    "no file": put({}, "files"),
    "no array": drop("files", "mean"),
    "no digest": put({}, "files", "mean"),
    "digest a number": put({"sha256": 5}, "files", "mean"),
    "file a word": put("x", "files", "mean"),
    "no parts": drop("parts"),
    "parts nothing": put(None, "parts"),
    "no fingerprint": drop("fingerprint"),
    "fingerprint a list": put([], "fingerprint"),
    "another fingerprint": put("0" * 64, "fingerprint"),
    "no language": drop("parts", "language"),
    "no seed": drop("parts", "seed"),
    "seed true": put(True, "parts", "seed"),
    "weight a word": put("5", "parts", "fit_weight"),
    "assets nothing": put(None, "parts", "assets"),
    "too few assets": put(["cash"], "parts", "assets"),
    "assets of numbers": put(list(range(8)), "parts", "assets"),
    "a product of nothing": put(None, "parts", "catalogue", 0),
    "a product without a level": put({"id": "A", "name": "A"}, "parts", "catalogue", 0),
    "no kind": drop("parts", "recommender", "kind"),
    "no meta": put({}, "parts", "recommender", "meta"),
    "meta of lists": put(
        {"encoder": [], "encoder_meta": [], "parameters": [], "gram": [], "clients": []},
        "parts",
        "recommender",
        "meta",
    ),
    "a bias missing": drop("parts", "biases", "cap"),
    "a bias a word": put("2", "parts", "biases", "cap"),
    "a bias below 1": put(0.5, "parts", "biases", "cap"),
    "a rule of nothing": put([], "parts", "regime", "rules"),
    "a curve of nothing": put({}, "parts", "calibration"),
    "a way out": put({"sha256": "0" * 64}, "files", "../../out"),
    "a way out from the root": put({"sha256": "0" * 64}, "files", "/etc/passwd"),
    "a hidden file": put({"sha256": "0" * 64}, "files", "..mean"),
}


@pytest.mark.parametrize("change", NEWER)
def test_what_a_newer_version_wrote_is_refused_as_such(
    tmp_path: Path, advisor: Advisor, change: str
) -> None:
    folder = save(advisor, tmp_path / "house")
    resigned(folder, NEWER[change])
    with pytest.raises(
        InputError, match=r"newer version of the library wrote it|newer version wrote it"
    ):
        load(folder)


@pytest.mark.parametrize("change", DAMAGED)
def test_a_damaged_manifest_is_refused_in_words(
    tmp_path: Path, advisor: Advisor, change: str
) -> None:
    folder = save(advisor, tmp_path / "house")
    resigned(folder, DAMAGED[change])
    with pytest.raises(InputError, match=r"[Rr]estore|fit and save again"):
        load(folder)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "5", "null", "[" * 100_000, '{"manifest": 5, "manifest_sha256": 5}']
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, advisor: Advisor, text: str) -> None:
    folder = save(advisor, tmp_path / "house")
    (folder / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest|changed"):
        load(folder)
    with pytest.raises(InputError, match="not overwritten"):
        save(advisor, folder)


def test_a_newer_format_is_refused_by_its_number_and_the_library_is_named(
    tmp_path: Path, advisor: Advisor
) -> None:
    folder = save(advisor, tmp_path / "house")
    inner = json.loads(json.loads((folder / "manifest.json").read_text())["manifest"])
    assert inner["library"] == version("advisor")
    resigned(folder, put(99, "format_version"))
    with pytest.raises(InputError, match="version 99"):
        load(folder)
    resigned(folder, lambda m: m | {"format_version": 2, "library": "0.1.0"})
    with pytest.raises(
        InputError, match=r"version 2; .* older version of the library \('0\.1\.0'\): fit and save"
    ):
        load(folder)
    resigned(
        folder, lambda m: m | {"format_version": 3, "library": "77.1", "fingerprint": "0" * 64}
    )
    with pytest.raises(InputError, match=r"saved by version 77\.1 of the library"):
        load(folder)


@pytest.mark.parametrize("link", ["manifest.json", "arrays", "arrays/mean.npy"])
def test_links_are_neither_followed_nor_replaced(
    tmp_path: Path, advisor: Advisor, link: str
) -> None:
    folder = save(advisor, tmp_path / "house")
    (folder / link).rename(tmp_path / "elsewhere")
    (folder / link).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        load(folder)
    with pytest.raises(InputError, match="not overwritten"):
        save(advisor, folder)
    assert (tmp_path / "elsewhere").exists()


def test_a_folder_with_anything_else_in_it_is_not_replaced(
    tmp_path: Path, advisor: Advisor
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "manifest.json").write_text('{"name": "a web app", "manifest": "{}"}')
    (site / "precious.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"lost: manifest\.json, precious\.txt"):
        save(advisor, site)
    folder = save(advisor, tmp_path / "house")
    for extra in ("notes.txt", "arrays/mine.npy", "arrays/readme.md", "more/deep.txt"):
        (folder / extra).parent.mkdir(exist_ok=True)
        (folder / extra).write_text("mine")
        with pytest.raises(InputError, match=f"lost: {Path(extra).parts[0]}"):
            save(advisor, folder)
        assert (folder / extra).read_text() == "mine"
        (folder / extra).unlink()
    (folder / "more").rmdir()
    save(advisor, folder)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        save(advisor, tmp_path / "file")
    draft = tmp_path / ".new.writing"
    draft.mkdir()
    (draft / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match=r"diary\.txt"):
        save(advisor, tmp_path / "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".new.writing", "file", "house", "site"]


@pytest.fixture(scope="module")
def other() -> Advisor:
    return Advisor.fit(
        sample.market(),
        sample.interactions(60),
        catalogue=sample.catalogue(),
        recommender=Popularity(),
    )


@pytest.mark.parametrize("fails", [".house.writing", "house", "all"])
def test_a_rename_that_fails_leaves_what_was_there(
    tmp_path: Path, advisor: Advisor, other: Advisor, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    folder, replace, rename = save(advisor, tmp_path / "house"), Path.replace, Path.rename

    def broken(real: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
        def move(self: Path, to: Path) -> Path:
            if self.name == fails or (fails == "all" and self.name != "house"):
                raise OSError("no rename today")
            return real(self, to)

        return move

    monkeypatch.setattr(Path, "replace", broken(replace))
    monkeypatch.setattr(Path, "rename", broken(rename))
    with pytest.raises(InputError, match="no rename today") as refused:
        save(other, folder)
    assert load(folder).fingerprint == advisor.fingerprint
    left = [".house.replaced"] if fails == "all" else ["house"]
    assert [p.name for p in tmp_path.iterdir()] == left
    assert ("load finds it" in str(refused.value)) == (fails == "all")
    monkeypatch.undo()
    assert load(save(other, folder)).fingerprint == other.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == ["house"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_step_the_old_or_the_new_one_is_there(
    tmp_path: Path, advisor: Advisor, other: Advisor
) -> None:
    both, outcomes = {advisor.fingerprint, other.fingerprint}, set()
    for step in range(200):
        folder = save(advisor, tmp_path / f"house{step}")
        if not killed_at(step, lambda folder=folder: save(other, folder)):
            break
        found = load(folder).fingerprint
        outcomes.add(found)
        assert found in both
        assert load(save(other, folder)).fingerprint == other.fingerprint
        assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    assert step > 20
    assert outcomes == both


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run `work` in a process of its own that dies at its `step`-th touch of the disk; whether it
    did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    count = itertools.count()
    for owner, name in (
        (os, "fsync"),
        (os, "mkdir"),
        (os, "rename"),
        (os, "replace"),
        (os, "unlink"),
        (os, "rmdir"),
        (os, "open"),
    ):
        setattr(owner, name, counted(getattr(owner, name), count, step))
    try:
        work()
    finally:
        os._exit(0)


def counted(real: Callable[..., Any], count: Iterator[int], step: int) -> Callable[..., Any]:
    def touch(*arguments: Any, **options: Any) -> Any:
        if next(count) == step:
            os._exit(9)
        return real(*arguments, **options)

    return touch


def test_two_programs_do_not_write_one_folder(tmp_path: Path, advisor: Advisor) -> None:
    fcntl = pytest.importorskip("fcntl")
    draft = tmp_path / ".house.writing"
    draft.mkdir()
    handle = os.open(draft, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(InputError, match="written by another program"):
            save(advisor, tmp_path / "house")
    finally:
        os.close(handle)
    save(advisor, tmp_path / "house")
    assert not draft.exists()


def test_the_folder_one_works_in_is_not_replaced(
    tmp_path: Path, advisor: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (".", "", tmp_path, tmp_path.parent, "/"):
        with pytest.raises(InputError):
            save(advisor, folder)
    with pytest.raises(InputError, match="works in"):
        save(advisor, ".")
    assert load(save(advisor, "inside")).fingerprint == advisor.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == ["inside"]


@pytest.mark.parametrize("wrong", [None, 5, b"house", ["house"], "a\0b", "a\ud800"])
def test_what_is_no_folder_is_named(advisor: Advisor, wrong: Any) -> None:
    with pytest.raises(InputError, match=r"folder is .* (Give the path|Correct it)"):
        save(advisor, wrong)
    with pytest.raises(InputError, match=r"folder is .* (Give the path|Correct it)"):
        load(wrong)


@pytest.mark.parametrize("wrong", [None, 5, "house"])
def test_what_is_no_advisor_is_named(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(InputError, match=r"advisor is .* Advisor.fit"):
        save(wrong, tmp_path / "house")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_or_read_is_named(tmp_path: Path, advisor: Advisor) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file" / "house", tmp_path / ("n" * 300)):
        with pytest.raises(InputError, match=r"cannot be written|not overwritten"):
            save(advisor, place)
        with pytest.raises(InputError, match=r"cannot be read|no saved advisor"):
            load(place)


def test_all_that_a_house_can_hold_comes_back(tmp_path: Path) -> None:
    packs = RulePack.bundled("nfra").model_copy(update={"id": "mine"})
    bought = sample.interactions(100)
    full = Advisor.fit(
        sample.market(),
        bought.until("2025-06-30"),
        catalogue=sample.catalogue(),
        mandate=Mandate(
            linear_limits=(LinearLimit(name="l", coefficients={"gold": 1.0}, upper=0.3),),
            max_volatility=0.15,
        ),
        regime=Regime.csrc().with_packs(packs),
        biases=BiasPolicy(cap=1.5),
        language="zh",
        seed=4,
        diversity=0.2,
    ).calibrate(
        sample.clients(100, assessed_on="2025-06-02"),
        bought.after("2025-06-30"),
        as_of="2025-06-30",
    )
    again = load(save(full, tmp_path / "house"))
    assert again.fingerprint == full.fingerprint
    assert again.advise(sample.client(), as_of=DAY) == full.advise(sample.client(), as_of=DAY)


def test_an_advisor_that_is_saved_anew_while_it_is_read_is_read_instead(
    tmp_path: Path, advisor: Advisor, other: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real, saves = save(advisor, tmp_path / "house"), store._read_array, itertools.count()

    def meanwhile(source: Path, name: str, record: object) -> Any:
        if next(saves) == 1:
            save(other, folder)
        return real(source, name, record)

    monkeypatch.setattr(store, "_read_array", meanwhile)
    assert load(folder).fingerprint == other.fingerprint


def test_what_was_left_aside_is_read_only_where_nothing_stands_in_its_place(
    tmp_path: Path, advisor: Advisor
) -> None:
    folder = save(advisor, tmp_path / "house")
    folder.rename(tmp_path / ".house.replaced")
    assert load(folder).fingerprint == advisor.fingerprint
    folder.mkdir()
    with pytest.raises(InputError, match="holds no saved advisor"):
        load(folder)


KEY = b"a secret of enough bytes"


@pytest.mark.parametrize(
    "recipe",
    [
        EASE(),
        MVECF(factors=3),
        BPR(factors=3),
        Demographic(),
        Popularity(by=("age",)),
        Association(),
        Blend([EASE(), BPR(factors=3)], [0.5, 0.5]),
    ],
    ids=lambda r: type(r).__name__,
)
def test_arrays_that_do_not_fit_are_refused_before_anything_reads_them(recipe: Any) -> None:
    """Digests are recomputed by whoever forges; cut, stretched, moved, retyped or foreign values
    are refused as values."""
    market, clients = sample.market(), sample.clients(60)
    catalogue = sample.catalogue(16)
    fitted = recipe.fit(
        sample.interactions(60, 16),
        clients=clients,
        catalogue=catalogue,
        model=advisor.estimate_returns(market),
    )
    kind, arrays, meta = fitted.state()
    assert restore(kind, arrays, meta).state()[1].keys() == arrays.keys()
    survived = []
    for name, array in arrays.items():
        if name in ("clients", "items") or not array.size:
            continue
        forged = {
            "cut": array[:-1],
            "stretched": np.concatenate([array, array[-1:]]),
            "flat": array.reshape(1, *array.shape),
            "retyped": (
                array.astype(np.float32) if array.dtype.kind == "f" else array.astype(np.int32)
            ),
            "text": np.full(array.shape, "x"),
            "beyond": np.full_like(array, np.nan if array.dtype.kind == "f" else 2**40),
        }
        if array.ndim == 2:
            forged["narrow"] = array[:, :-1]
        if array.dtype.kind == "i":
            forged["below"] = np.full_like(array, -(2**40))
        for how, bad in forged.items():
            if name == "history.last_day" and how in ("beyond", "below"):
                continue  # any number is a day
            try:
                restore(kind, {**arrays, name: bad}, meta)
            except InputError:
                continue
            survived.append((name, how))
    assert not survived, survived


def test_a_signed_folder_is_read_with_its_key_alone(tmp_path: Path, advisor: Advisor) -> None:
    save(advisor, tmp_path / "signed", key=KEY)
    save(advisor, tmp_path / "plain")
    assert load(tmp_path / "signed", key=KEY).fingerprint == advisor.fingerprint
    for folder, key, told in (
        ("signed", None, "no key was given"),
        ("signed", b"another key of as many bytes", "another key"),
        ("plain", KEY, "not signed"),
    ):
        with pytest.raises(InputError, match=told) as caught:
            load(tmp_path / folder, key=key)
        assert caught.value.field == "key"
        assert "secret" not in str(caught.value)
    with pytest.raises(InputError, match="at least 16"):
        save(advisor, tmp_path / "other", key=b"short")
    resigned(tmp_path / "signed", put("another", "parts", "language"))
    with pytest.raises(InputError, match=r"another key, or was changed|not signed"):
        load(tmp_path / "signed", key=KEY)
