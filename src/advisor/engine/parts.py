"""How each field of an advisor is saved: as plain values that JSON holds, and as arrays by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import numpy as np
from typing_extensions import override

from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.rules import RulePack
from advisor.contracts.wording import Language, language_of
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.engine.data_days import DataDays
from advisor.engine.orders import TradeSettings
from advisor.errors import InputError
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.recommend.calibration import Calibration
from advisor.recommend.restore import restore
from advisor.recommend.saved import FORECAST, MODEL, check_saved
from advisor.suitability.regime import Regime

Kinds = tuple[type, ...]
Arrays = Mapping[str, np.ndarray]
Plain = dict[str, Any]
NOTHING, NUMBER = type(None), (int, float)
NEWER = "a newer version of the library wrote it. Upgrade the library."


@dataclass(frozen=True)
class Part:
    """How one field is saved: as one plain value, under its own name.

    Attributes:
        kinds: What the plain value may be; with `NoneType` the field may be None.
        write: The plain value of a field.
        read: The field of a plain value.
        inner: Where the plain value is a record, its fields and their kinds.
    """

    kinds: Kinds
    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda value: value
    inner: Mapping[str, Kinds] | None = None

    def names(self, name: str) -> dict[str, Kinds]:
        """The plain values that a field of this name is saved as, and their kinds."""
        return {name: self.kinds}

    def save(self, name: str, value: Any) -> tuple[Plain, dict[str, np.ndarray]]:
        """Plain values and arrays of a field."""
        return {name: None if value is None else self.write(value)}, {}

    def load(self, name: str, parts: Mapping[str, Any], arrays: Arrays) -> Any:
        """The field that was saved so. Raises `InputError` where a record lacks something."""
        value = parts[name]
        if value is not None and self.inner is not None:
            check_fields(value, self.inner, f"parts.{name}")
        return None if value is None else self._read(name, value, arrays)

    def _read(self, _name: str, value: Any, _arrays: Arrays) -> Any:
        return self.read(value)


class FittedPart(Part):
    """Something that was learnt: `write` gives a record and arrays, which get the field's name in
    front; `read` takes both.
    """

    @override
    def save(self, name: str, value: Any) -> tuple[Plain, dict[str, np.ndarray]]:
        if value is None:
            return {name: None}, {}
        record, arrays = self.write(value)
        return {name: record}, {f"{name}.{key}": array for key, array in arrays.items()}

    def _read(self, name: str, value: Any, arrays: Arrays) -> Any:
        own = f"{name}."
        return self.read(
            (value, {n.removeprefix(own): a for n, a in arrays.items() if n.startswith(own)})
        )


class ModelPart(Part):
    """Returns of assets: names and groups, and arrays under names of their own."""

    @override
    def names(self, name: str) -> dict[str, Kinds]:
        return {"assets": (list,), "groups": (list, NOTHING)}

    @override
    def save(self, name: str, value: ReturnModel) -> tuple[Plain, dict[str, np.ndarray]]:
        arrays = {key: getattr(value, key) for key in MODEL}
        if value.forecast is not None:
            arrays["forecast"] = value.forecast
        return {"assets": value.assets, "groups": value.groups}, arrays

    @override
    def load(self, name: str, parts: Mapping[str, Any], arrays: Arrays) -> ReturnModel:
        assets, known = parts["assets"], MODEL | (FORECAST if "forecast" in arrays else {})
        check_saved(arrays, known, {"n": len(assets)}, where="the model", complete=True)
        return ReturnModel(
            assets,
            arrays["mean"],
            arrays["covariance"],
            parts["groups"],
            arrays["risk_levels"].tolist(),
            dict(zip(assets, arrays["stress"].tolist(), strict=True)),
            arrays.get("forecast"),
        )


class RegimePart(Part):
    """A rule pack, and the packs beside it."""

    @override
    def names(self, name: str) -> dict[str, Kinds]:
        return {name: (dict,), "other_packs": (list,)}

    @override
    def save(self, name: str, value: Regime) -> tuple[Plain, dict[str, np.ndarray]]:
        return {name: _dump(value.pack), "other_packs": [_dump(pack) for pack in value.others]}, {}

    @override
    def load(self, name: str, parts: Mapping[str, Any], arrays: Arrays) -> Regime:
        others = tuple(RulePack.restored(pack) for pack in parts["other_packs"])
        return Regime(RulePack.restored(parts[name]), others)


def _dump(contract: Any) -> Any:
    return contract.model_dump(mode="json")


def _fitted(model: Any) -> tuple[Plain, dict[str, np.ndarray]]:
    kind, arrays, meta = model.state()
    return {"kind": kind, "meta": meta}, arrays


def _curve(calibration: Calibration) -> tuple[Plain, dict[str, np.ndarray]]:
    arrays, curve = calibration.state()
    return curve, arrays


def _language(word: str) -> Language:
    language = language_of(word)
    if language is not None:
        return language
    raise InputError(
        f"parts.language is {word!r}, in which this version has no sentences, so {NEWER}",
        field="parts.language",
        value=word,
    )


PARTS: dict[str, Part] = {
    "model": ModelPart(()),
    "catalogue": Part(
        (list,),
        lambda catalogue: [_dump(p) for p in catalogue.products],
        lambda products: Catalogue.from_products(map(Product.restored, products), max_fee=1.0),
    ),
    "questionnaire": Part((dict, NOTHING), _dump, Questionnaire.restored),
    "mandate": Part(
        (dict,), lambda mandate: json.loads(mandate.model_dump_json()), Mandate.restored
    ),
    "regime": RegimePart(()),
    "bands": Part((dict,), _dump, RiskBands.restored),
    "recommender": FittedPart(
        (dict,),
        _fitted,
        lambda saved: restore(saved[0]["kind"], saved[1], saved[0]["meta"]),
        {"kind": (str,), "meta": (dict,)},
    ),
    "biases": Part(
        (dict,),
        asdict,
        lambda record: BiasPolicy(**record),
        {field.name: NUMBER for field in fields(BiasPolicy)},
    ),
    "language": Part((str,), read=_language),
    "seed": Part((int,)),
    "trading": Part(
        (dict,),
        asdict,
        lambda record: TradeSettings(**record),
        {
            field.name: (*NUMBER, NOTHING) if field.default is None else NUMBER
            for field in fields(TradeSettings)
        },
    ),
    "calibration": FittedPart(
        (dict, NOTHING),
        _curve,
        lambda saved: Calibration.restored(saved[1], saved[0]),
        {
            **dict.fromkeys(("buys", "base_rate", "spread", "slope"), NUMBER),
            **dict.fromkeys(("picks", "relative_to"), (int,)),
        },
    ),
    "days": Part(
        (dict,),
        DataDays.record,
        DataDays.restored,
        {
            **dict.fromkeys(("prices", "calibration"), (str, NOTHING)),
            **dict.fromkeys(("rows", "stale_after"), (int,)),
        },
    ),
}
"""How fields that are no plain number are saved; any other is a number under its own name."""
_OWN = Part(NUMBER)


def part_of(name: str) -> Part:
    """How the field of an advisor of this name is saved."""
    return PARTS.get(name, _OWN)


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
    fields = cast(dict[str, object], record)
    for field in fields:
        if field not in kinds:
            raise InputError(
                f"{name}.{field} is not known to this version, so {NEWER}",
                field=f"{name}.{field}",
                value=field,
            )
    for field, kind in kinds.items():
        if field not in fields:
            raise InputError(
                f"{name} lacks {field!r}; it is damaged. Restore it from a copy.",
                field=f"{name}.{field}",
            )
        value = fields[field]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputError(
                f"{name}.{field} is {repr(value)[:60]}, which is no"
                f" {' or '.join(k.__name__ for k in kind)}; it is damaged. Restore it from a copy.",
                field=f"{name}.{field}",
                value=value,
            )
