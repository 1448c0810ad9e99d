"""An advisor as plain values and arrays, and back: what is saved of it. Nothing of another version
passes as if it were understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, cast

import numpy as np

from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.rules import RulePack
from advisor.contracts.wording import Language, language_of
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.engine.orders import TradeSettings
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.recommend.calibration import Calibration
from advisor.recommend.restore import restore
from advisor.recommend.saved import FORECAST, MODEL, check_saved
from advisor.suitability.regime import Regime

Kinds = tuple[type, ...]
Arrays = Mapping[str, np.ndarray]
_NOTHING, _NUMBER = type(None), (int, float)
_PARTS: dict[str, Kinds] = {
    "assets": (list,),
    "groups": (list, _NOTHING),
    "catalogue": (list,),
    "questionnaire": (dict, _NOTHING),
    "mandate": (dict,),
    "regime": (dict,),
    "other_packs": (list,),
    "bands": (dict,),
    "recommender": (dict,),
    "biases": (dict,),
    "fit_weight": _NUMBER,
    "utility_share": _NUMBER,
    "diversity": _NUMBER,
    "language": (str,),
    "seed": (int,),
    "trading": (dict,),
    "calibration": (dict, _NOTHING),
}
_RECOMMENDER: dict[str, Kinds] = {"kind": (str,), "meta": (dict,)}
_BIASES: dict[str, Kinds] = {field.name: _NUMBER for field in fields(BiasPolicy)}
_TRADING: dict[str, Kinds] = {
    field.name: (*_NUMBER, _NOTHING) if field.default is None else _NUMBER
    for field in fields(TradeSettings)
}
_CURVE: dict[str, Kinds] = {
    **dict.fromkeys(("buys", "base_rate", "spread", "slope"), _NUMBER),
    **dict.fromkeys(("picks", "relative_to"), (int,)),
}
_FITTED = ("recommender.", "calibration.")
"""Beginnings of the names of arrays that were learnt."""
NEWER = "a newer version of the library wrote it. Upgrade the library."


def parts_of(state: AdvisorState) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Everything of an advisor that JSON can hold, and its arrays by name."""
    model = state.model
    kind, relevance, meta = state.recommender.state()
    learnt, curve = ({}, None) if state.calibration is None else state.calibration.state()
    parts = {
        "assets": model.assets,
        "groups": model.groups,
        "catalogue": [p.model_dump(mode="json") for p in state.catalogue.products],
        "questionnaire": (
            None if state.questionnaire is None else state.questionnaire.model_dump(mode="json")
        ),
        "mandate": json.loads(state.mandate.model_dump_json()),
        "regime": state.regime.pack.model_dump(mode="json"),
        "other_packs": [pack.model_dump(mode="json") for pack in state.regime.others],
        "bands": state.bands.model_dump(mode="json"),
        "recommender": {"kind": kind, "meta": meta},
        "biases": asdict(state.biases),
        "fit_weight": state.fit_weight,
        "utility_share": state.utility_share,
        "diversity": state.diversity,
        "language": state.language,
        "seed": state.seed,
        "trading": asdict(state.trading),
        "calibration": curve,
    }
    arrays = {
        "mean": model.mean,
        "covariance": model.covariance,
        "risk_levels": model.risk_levels,
        "stress": model.stress,
    }
    if model.forecast is not None:
        arrays["forecast"] = model.forecast
    arrays |= {f"recommender.{name}": array for name, array in relevance.items()}
    return parts, arrays | {f"calibration.{name}": array for name, array in learnt.items()}


def state_of(parts: Mapping[str, Any], arrays: Arrays) -> AdvisorState:
    """The advisor whose `parts_of` these are.

    Raises:
        InputError: A part is missing, of another kind, or unknown here, since a newer version wrote
            it. Values that fit together nowhere may raise the plain errors of those who read them.
    """
    check_fields(parts, _PARTS, "parts")
    check_fields(parts["recommender"], _RECOMMENDER, "parts.recommender")
    check_fields(parts["biases"], _BIASES, "parts.biases")
    check_fields(parts["trading"], _TRADING, "parts.trading")
    if parts["calibration"] is not None:
        check_fields(parts["calibration"], _CURVE, "parts.calibration")
    _check_arrays(arrays)
    assets, stress = parts["assets"], arrays["stress"].tolist()
    check_saved(
        arrays,
        MODEL | (FORECAST if "forecast" in arrays else {}),
        {"n": len(assets)},
        where="the model",
    )
    relevance, learnt = (
        {name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
        for part in _FITTED
    )
    return AdvisorState(
        model=ReturnModel(
            assets,
            arrays["mean"],
            arrays["covariance"],
            parts["groups"],
            arrays["risk_levels"].tolist(),
            dict(zip(assets, stress, strict=True)),
            arrays.get("forecast"),
        ),
        catalogue=Catalogue.from_products(
            [Product.restored(p) for p in parts["catalogue"]], max_fee=1.0
        ),
        questionnaire=(
            None
            if parts["questionnaire"] is None
            else Questionnaire.restored(parts["questionnaire"])
        ),
        mandate=Mandate.restored(parts["mandate"]),
        regime=Regime(
            RulePack.restored(parts["regime"]),
            tuple(RulePack.restored(p) for p in parts["other_packs"]),
        ),
        bands=RiskBands.restored(parts["bands"]),
        recommender=restore(parts["recommender"]["kind"], relevance, parts["recommender"]["meta"]),
        biases=BiasPolicy(**parts["biases"]),
        fit_weight=parts["fit_weight"],
        utility_share=parts["utility_share"],
        diversity=parts["diversity"],
        language=_language(parts["language"]),
        seed=parts["seed"],
        trading=TradeSettings.of(**parts["trading"]),
        calibration=(
            None
            if parts["calibration"] is None
            else Calibration.restored(learnt, parts["calibration"])
        ),
    )


def check_fields(record: object, kinds: Mapping[str, Kinds], name: str) -> None:
    """Raise `InputError` unless a record read from JSON has these fields, all of them, each of its
    kind, and no other.
    """
    if not isinstance(record, dict):
        raise InputError(
            f"{name} is a {type(record).__name__} and no record; it is damaged. Restore it from a"
            " copy.",
            field=name,
        )
    told = cast(dict[str, object], record)
    for field in told:
        if field not in kinds:
            raise InputError(
                f"{name}.{field} is not known to this version, so {NEWER}",
                field=f"{name}.{field}",
                value=field,
            )
    for field, kind in kinds.items():
        if field not in told:
            raise InputError(
                f"{name} lacks {field!r}; it is damaged. Restore it from a copy.",
                field=f"{name}.{field}",
            )
        value = told[field]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputError(
                f"{name}.{field} is {repr(value)[:60]}, which is no"
                f" {' or '.join(k.__name__ for k in kind)}; it is damaged. Restore it from a copy.",
                field=f"{name}.{field}",
                value=value,
            )


def _check_arrays(arrays: Arrays) -> None:
    for name in MODEL:
        if name not in arrays:
            raise InputError(
                f"The array {name!r} is missing; what was saved is damaged. Restore it from a"
                " copy.",
                field=name,
            )
    for name in arrays:
        if name not in MODEL and name not in FORECAST and not name.startswith(_FITTED):
            raise InputError(
                f"The array {name!r} is not known to this version, so {NEWER}",
                field=name,
                value=name,
            )


def _language(word: str) -> Language:
    language = language_of(word)
    if language is not None:
        return language
    raise InputError(
        f"parts.language is {word!r}, in which this version has no sentences, so {NEWER}",
        field="parts.language",
        value=word,
    )
