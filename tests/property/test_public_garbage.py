"""Whatever an argument of a public function is, the function answers or refuses in the library's
words.

Every public function, method and constructor is called as it should be, and then again with one
argument replaced by each of some forty values that no caller means. What comes out is an answer or
an `AdvisorError`; nothing else.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import advisor
from advisor import AdvisorError, exports, sample

PACKAGES = (
    "",
    "sample",
    "store",
    "risk_profile",
    "suitability",
    "recommend",
    "data",
    "engine",
    "contracts",
)
"""Packages whose public names are tried here; those of `optimize`, `lifecycle`, `evaluate` and
`measures` have files of their own."""

FUNCTIONS = (
    "recommend.calibrating.calibrate",
    "recommend.missing_products.omissions",
    "recommend.portfolio_fit.picks.pick_products",
    "recommend.portfolio_fit.utility.diversify",
    "recommend.portfolio_fit.utility.exposure_similarity",
    "recommend.portfolio_fit.utility.portfolio_utility",
    "recommend.portfolio_fit.utility.trade_off",
    "risk_profile.profile.level_causes",
    "risk_profile.psychometrics.reliability.omega",
    "risk_profile.psychometrics.reliability.reliability",
    "risk_profile.psychometrics.reliability.spearman_brown",
    "risk_profile.psychometrics.reliability.standard_error_of_measurement",
    "sample.catalogue",
    "sample.client",
    "sample.clients",
    "sample.interactions",
    "sample.market",
    "suitability.changes.compare_packs",
    "suitability.group_rates.age_groups",
    "suitability.group_rates.fairness",
    "suitability.portfolio.concentration",
    "suitability.portfolio.legacy_holdings",
    "suitability.portfolio.portfolio_suits",
    "suitability.portfolio.rate_portfolio",
)
"""Public functions that the root does not name."""


class Odd:
    """Whose every use raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __str__(self) -> str:
        raise RuntimeError("no str")


def garbage() -> list[Any]:
    """What no caller means."""
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=[3, 3])
    return [
        None,
        True,
        0,
        -1,
        3,
        10**400,
        -(10**20),
        2**63,
        0.5,
        -1.5,
        float("nan"),
        float("inf"),
        float("-inf"),
        1 + 2j,
        Decimal("sNaN"),
        Decimal("Infinity"),
        "",
        "abc",
        "\ud800",
        "a\0b",
        "9" * 5000,
        b"x",
        b"\xff",
        (),
        [],
        [None],
        ["\ud800"],
        [[1.0], [1.0, 2.0]],
        {},
        {1: 2},
        {"\ud800": float("nan")},
        {None: object()},
        set(),
        object(),
        Odd(),
        lambda *args: args,
        int,
        date(1, 1, 1),
        datetime.max,  # noqa: DTZ901
        np.datetime64("NaT"),
        np.datetime64("2024-01-01T00:00:00.000000001"),
        pd.NaT,
        pd.NA,
        np.zeros(0),
        np.zeros((3, 0)),
        np.zeros((2, 3, 4)),
        np.array(1.0),
        np.array([np.nan, np.inf]),
        np.array([1 + 1j]),
        np.array([None, "a", 1], dtype=object),
        np.array(["a"], dtype="S1"),
        np.full(7, -(2**62)),
        np.array([2**64 - 1], dtype=np.uint64),
        np.array(["2024-01-01"], dtype="datetime64[s]"),
        frame,
        frame["a"],
        pd.DataFrame(),
        pd.DataFrame({("a", "b"): [1], ("a", "c"): [2]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.Series(["x", None], dtype="category"),
        sparse.csr_array((2, 2)),
        iter([1]),
    ]


@cache
def world() -> dict[str, Any]:
    """One good value for every kind of argument, by annotation or name."""
    market, interactions = sample.market(), sample.interactions(60, 16)
    catalogue, clients, client = sample.catalogue(16), sample.clients(6), sample.client()
    house = advisor.Advisor.fit(market, interactions, catalogue=catalogue)
    day = "2026-11-20"
    (batch,) = house.advise_many(clients, as_of=day)
    profiles = advisor.profile_risk(clients, advisor.Questionnaire.default(), as_of=day)
    taste = advisor.EASE().fit(interactions, catalogue=catalogue)
    regime = advisor.Regime.csrc()
    ranking = taste.rank(list(clients.ids), 3)
    trades, prices = _trades()
    model = advisor.estimate_returns(market)
    exposures = catalogue.exposures(model.ids)
    return {
        "Advice": house.advise(client, as_of=day),
        "Advisor": house,
        "AdviceBatch": batch,
        "Basis": "product",
        "BiasProfiles": advisor.measure_biases(trades, prices),
        "Catalogue": catalogue,
        "Client": client,
        "ClientTable": clients,
        "Eligibility": regime.eligibility(profiles, clients, catalogue),
        "Frontier": advisor.trace_frontier(model),
        "Interactions": interactions,
        "Mandate": advisor.Mandate(),
        "Market": market,
        "Product": catalogue.products[0],
        "Questionnaire": advisor.Questionnaire.default(),
        "Ranking": ranking,
        "Regime": regime,
        "ReturnModel": model,
        "RiskBands": advisor.RiskBands.default(),
        "RiskProfile": profiles[0],
        "RiskProfiles": profiles,
        "Trades": trades,
        "FittedModel": taste,
        "day": day,
        "as_of": day,
        "edges": [0.0, 50.0, float("inf")],
        "groups": ["a"] * 6,
        "levels": np.array([1, 2, 3]),
        "volatility": np.full(6, 0.1),
        "money": None,
        "client_id": clients.ids[0],
        "client_ids": list(clients.ids),
        "product_id": catalogue.ids.ids[0],
        "product": catalogue.ids.ids[0],
        "k": 2,
        "old": regime,
        "new": advisor.Regime.nfra(),
        "prices": prices,
        "frame": interactions_frame(),
        "scores": np.array([[1.0, 2.0], [2.0, 2.5], [3.0, 1.0]]),
        "covariance": np.array([[1.0, 0.5], [0.5, 1.0]]),
        "taste": np.linspace(0.0, 1.0, 96).reshape(6, 16),
        "utility": np.linspace(1.0, 0.0, 96).reshape(6, 16),
        "gaps": np.zeros((6, 8)),
        "exposures": exposures,
        "similarity": np.eye(16),
        "codes": np.array([[0, 1], [1, 2]]),
        "weights": np.full((6, 16), 1 / 16),
        "wealth": np.full(6, 100.0),
        "risk_aversion": np.full(6, 4.0),
        "clients": clients,
        "rows": np.arange(2),
        "assets": ["a", "b"],
        "products": list(catalogue.products),
    }


def _trades() -> tuple[Any, pd.DataFrame]:
    days = pd.date_range("2024-01-01", periods=6)
    prices = pd.DataFrame(
        {"asset": ["a"] * 6, "day": days, "price": [1.0, 2.0, 1.5, 3.0, 2.0, 2.5]}
    )
    frame = pd.DataFrame(
        {
            "client_id": ["x", "x"],
            "asset": ["a", "a"],
            "day": days[[0, 3]],
            "side": ["buy", "sell"],
            "units": [2.0, 1.0],
            "price": [1.0, 3.0],
        }
    )
    return advisor.Trades.from_frame(frame), prices


def interactions_frame() -> pd.DataFrame:
    """A table of purchases."""
    return pd.DataFrame(
        {"client_id": ["a", "b"], "product_id": ["p", "p"], "day": ["2024-01-01", "2024-01-02"]}
    )


def of_name(name: str, *, owner: str = "") -> Any:
    """The good value of a parameter's name or annotation."""
    told = world()
    return told.get(f"{owner}.{name}", told.get(name))


def callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function, and every public method of what the world holds, by name."""
    for path in FUNCTIONS:
        module, _, name = path.rpartition(".")
        yield path, getattr(importlib.import_module(f"advisor.{module}"), name)
    for name in exports.homes("advisor"):
        value = getattr(advisor, name)
        room = getattr(value, "__module__", "").removeprefix("advisor.").split(".")[0]
        if room not in PACKAGES or not callable(value):
            continue
        yield name, value
    seen: set[str] = set()
    for thing in world().values():
        kind = type(thing)
        if not kind.__module__.startswith("advisor.") or kind.__name__ in seen:
            continue
        room = kind.__module__.removeprefix("advisor.").split(".")[0]
        if room not in PACKAGES:
            continue
        seen.add(kind.__name__)
        for owner in kind.__mro__:
            if not owner.__module__.startswith("advisor."):
                continue
            for name, member in vars(owner).items():
                if not name.startswith("_") and (
                    inspect.isfunction(member) or isinstance(member, classmethod | staticmethod)
                ):
                    yield f"{kind.__name__}.{name}", getattr(thing, name)


def good_arguments(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    """A call that is meant, as far as one is known."""
    owner = name.split(".", maxsplit=1)[0]
    told = world()
    arguments: dict[str, Any] = {}
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        kind = str(parameter.annotation).removesuffix(" | None")
        if f"{owner}.{key}" in told:
            arguments[key] = told[f"{owner}.{key}"]
        elif kind in told:
            arguments[key] = told[kind]
        elif parameter.default is not parameter.empty:
            continue
        elif key in told:
            arguments[key] = told[key]
        else:
            arguments[key] = "a" if kind == "str" else 1
    return arguments


def tried(function: Callable[..., Any], arguments: dict[str, Any]) -> str | None:
    """What is wrong with how a call ended, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = function(**arguments)
            if inspect.isgenerator(found):
                next(found, None)
    except AdvisorError as refusal:
        return None if len(str(refusal)) > 20 else f"says only {str(refusal)!r}"
    except Exception as error:  # noqa: BLE001 - any other is what is looked for
        return f"{type(error).__name__}: {str(error)[:100]!a}"
    return None


def faults(name: str, function: Callable[..., Any]) -> list[str]:
    """Arguments that come out as another exception."""
    found: list[str] = []
    good = good_arguments(name, function)
    for key, parameter in inspect.signature(function).parameters.items():
        for value in garbage():
            if parameter.kind is parameter.VAR_POSITIONAL:
                wrong = tried(lambda value=value: function(value), {})
            elif parameter.kind is parameter.VAR_KEYWORD:
                continue
            else:
                wrong = tried(function, {**good, key: value})
            if wrong is not None:
                found.append(
                    f"{name}({key}={type(value).__name__}"
                    f" {ascii(value)[:30] if type(value) is not Odd else ''}) -> {wrong}"
                )
    return found


def test_whatever_an_argument_is_the_answer_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some 15,000 calls; what a function writes lands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    tried_functions = list(callables())
    assert len(tried_functions) > 120
    found = [fault for name, function in tried_functions for fault in faults(name, function)]
    assert not found, f"{len(found)} calls:\n" + "\n".join(found[:40])


@pytest.mark.parametrize(
    "name",
    [
        "save",
        "load",
        "Regime.check",
        "Regime.permits_sale",
        "Regime.eligible",
        "Advisor.advise_many",
        "sample.clients",
    ],
)
def test_the_functions_of_every_service_are_among_them(name: str) -> None:
    assert name in dict(callables())


def test_a_function_that_does_not_check_is_found() -> None:
    def careless(clients: list[str]) -> int:
        return len(clients)

    assert any("TypeError" in fault for fault in faults("careless", careless))
