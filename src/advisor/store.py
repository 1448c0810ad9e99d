"""Save and load a fitted `Advisor`: a folder of plain arrays and one JSON manifest. No pickle anywhere.

::

    manifest.json        what it is, versions, every part as JSON, and for each file its SHA-256
    arrays/<name>.npy    one array a file, so that loading maps it into memory and worker processes share its pages
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.rules import RulePack
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.engine.advisor import Advisor
from advisor.engine.house import House
from advisor.errors import InputError
from advisor.optimize.corrections import BiasPolicy
from advisor.recommend.calibration import Calibration
from advisor.recommend.restore import restore
from advisor.suitability.regime import Regime

FORMAT = "advisor"
FORMAT_VERSION = 1
_MANIFEST = "manifest.json"


def save(advisor: Advisor, folder: str | Path) -> Path:
    """Write a fitted advisor to a folder, whole or not at all.

    Args:
        advisor: What to save.
        folder: Where; must not exist yet, or hold an advisor saved earlier, which is replaced.

    Returns:
        The folder. Saving the same advisor twice gives the same bytes.

    Raises:
        InputError: The folder holds something else, or cannot be written.
    """
    target = Path(folder)
    if target.exists() and not (target / _MANIFEST).is_file() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(
            f"{target} exists and is no saved advisor; it is not overwritten. Choose an empty folder.", field="folder", value=str(target)
        )
    parts, arrays = _parts(advisor.house)
    draft = target.with_name(f".{target.name}.writing")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "arrays").mkdir(parents=True)
        files = {name: _write_array(draft, name, array) for name, array in sorted(arrays.items())}
        manifest = {"format": FORMAT, "format_version": FORMAT_VERSION, "fingerprint": advisor.fingerprint, "parts": parts, "files": files}
        text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False)
        (draft / _MANIFEST).write_text(json.dumps({"manifest_sha256": _sha256(text.encode()), "manifest": text}), encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        draft.replace(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise InputError(
            f"{target} cannot be written ({error}); free space or choose another place.", field="folder", value=str(target)
        ) from error
    return target


def load(folder: str | Path) -> Advisor:
    """Read a saved advisor; arrays are mapped read-only, not copied.

    Raises:
        InputError: There is none, it is of a newer format, or a byte has changed since it was saved.
    """
    source = Path(folder)
    manifest = _read_manifest(source)
    arrays = {name: _read_array(source, name, record) for name, record in manifest["files"].items()}
    advisor = Advisor(_house(manifest["parts"], arrays))
    if advisor.fingerprint != manifest["fingerprint"]:
        raise InputError(
            f"{source} was saved with fingerprint {manifest['fingerprint'][:12]} but reads back as {advisor.fingerprint[:12]}: this version of the library "
            "computes something else from the same parts. Load it with the version that saved it, or fit again.",
            field="folder",
            value=str(source),
        )
    return advisor


def _parts(house: House) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    model = house.model
    kind, taste, meta = house.taste.state()
    parts = {
        "assets": model.assets,
        "groups": model.groups,
        "catalogue": [p.model_dump(mode="json") for p in house.catalogue.products],
        "questionnaire": None if house.questionnaire is None else house.questionnaire.model_dump(mode="json"),
        "mandate": json.loads(house.mandate.model_dump_json()),
        "regime": house.regime.pack.model_dump(mode="json"),
        "other_packs": [pack.model_dump(mode="json") for pack in house.regime.others],
        "bands": house.bands.model_dump(mode="json"),
        "taste": {"kind": kind, "meta": meta},
        "biases": asdict(house.biases),
        "fit_weight": house.fit_weight,
        "utility_share": house.utility_share,
        "diversity": house.diversity,
        "language": house.language,
        "seed": house.seed,
    }
    learnt, curve = ({}, None) if house.calibration is None else house.calibration.state()
    parts["calibration"] = curve
    arrays = {"mean": model.mean, "covariance": model.covariance, "risk_levels": model.risk_levels, "stress": model.stress}
    arrays |= {f"taste.{name}": array for name, array in taste.items()}
    return parts, arrays | {f"calibration.{name}": array for name, array in learnt.items()}


def _house(parts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> House:
    assets = parts["assets"]
    stress = dict(zip(assets, arrays["stress"].tolist(), strict=True))
    taste, learnt = (
        {name.removeprefix(f"{part}."): array for name, array in arrays.items() if name.startswith(f"{part}.")}
        for part in ("taste", "calibration")
    )
    return House(
        model=ReturnModel(assets, arrays["mean"], arrays["covariance"], parts["groups"], arrays["risk_levels"].tolist(), stress),
        catalogue=Catalogue.from_products(Product.model_validate(p) for p in parts["catalogue"]),
        questionnaire=None if parts["questionnaire"] is None else Questionnaire.model_validate(parts["questionnaire"]),
        mandate=Mandate.model_validate(parts["mandate"]),
        regime=Regime(RulePack.model_validate(parts["regime"]), tuple(RulePack.model_validate(p) for p in parts["other_packs"])),
        bands=RiskBands.model_validate(parts["bands"]),
        taste=restore(parts["taste"]["kind"], taste, parts["taste"]["meta"]),
        biases=BiasPolicy(**parts["biases"]),
        fit_weight=parts["fit_weight"],
        utility_share=parts["utility_share"],
        diversity=parts["diversity"],
        language=parts["language"],
        seed=parts["seed"],
        calibration=None if parts["calibration"] is None else Calibration.restored(learnt, parts["calibration"]),
    )


def _write_array(folder: Path, name: str, array: np.ndarray) -> dict[str, str]:
    path = folder / "arrays" / f"{name}.npy"
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    return {"sha256": _sha256(path.read_bytes())}


def _read_array(folder: Path, name: str, record: Mapping[str, str]) -> np.ndarray:
    path = folder / "arrays" / f"{name}.npy"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != record["sha256"]:
            raise InputError(
                f"{path} has changed since it was saved (SHA-256 {found[:12]} instead of {record['sha256'][:12]}); advice from it could not be trusted. "
                "Restore it from a copy, or save again.",
                field=name,
                value=found,
            )
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read ({error}); restore it from a copy, or save again.", field=name, value=str(path)) from error
    return np.asarray(mapped)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    if not path.is_file():
        raise InputError(
            f"{folder} holds no saved advisor ({_MANIFEST} is not there); give the folder that save() returned.",
            field="folder",
            value=str(folder),
        )
    try:
        outer = json.loads(path.read_text(encoding="utf-8"))
        text, wanted = outer["manifest"], outer["manifest_sha256"]
        manifest: dict[str, Any] = json.loads(text)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a manifest of this library ({error}); restore it from a copy.", field="folder", value=str(path)
        ) from error
    if _sha256(text.encode()) != wanted:
        raise InputError(
            f"{path} has changed since it was saved; advice from it could not be trusted. Restore it from a copy.",
            field="folder",
            value=str(path),
        )
    if manifest.get("format") != FORMAT or manifest.get("format_version", 0) > FORMAT_VERSION:
        raise InputError(
            f"{path} is of format {manifest.get('format')!r} version {manifest.get('format_version')}; this version of the library reads {FORMAT!r} up to "
            f"{FORMAT_VERSION}. Upgrade the library, or fit and save again.",
            field="format_version",
            value=manifest.get("format_version"),
        )
    return manifest


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
