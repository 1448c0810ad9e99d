"""What `Advisor.fit` is given, checked and made ready."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from advisor.arrays import NUMBER, check_type
from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.wording import LANGUAGES
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.recommend.recipes.recipe import Recipe
from advisor.suitability.regime import Regime

OPTIONAL: dict[str, tuple[type, str]] = {
    "catalogue": (
        Catalogue,
        "Make one with Catalogue.from_products or Catalogue.from_frame, or leave it out.",
    ),
    "clients": (ClientTable, "Read them with ClientTable.from_frame, or leave them out."),
    "questionnaire": (Questionnaire, "Read one with Questionnaire.load, or leave it out."),
    "mandate": (Mandate, "Give a Mandate(...), or leave it out."),
    "regime": (
        Regime,
        "Take Regime.csrc(), .nfra() or .mifid(), read your own with Regime.load, or leave it out.",
    ),
    "bands": (RiskBands, "Give RiskBands(...), or leave them out."),
    "recommender": (Recipe, "Give a recipe such as EASE(), not what it fitted, or leave it out."),
    "biases": (BiasPolicy, "Give a BiasPolicy(...), or leave it out."),
}
"""Argument -> its class, and what to do where it is something else."""


def check_optional(**arguments: Any) -> None:
    """Raise `InputError` for an argument of another class; None is left out."""
    for name, value in arguments.items():
        if value is not None:
            kind, remedy = OPTIONAL[name]
            check_type(value, kind, name, remedy)


def check_settings(seed: Any, language: Any, **weights: Any) -> None:
    """Raise `InputError` for a seed, language or weight that cannot be used."""
    check_type(seed, (int, np.integer), "seed", "Give a whole number of 0 or more.")
    if seed < 0:
        raise InputError(
            f"seed is {seed}; random draws start from a whole number of 0 or more.",
            field="seed",
            value=seed,
        )
    check_type(language, str, "language", f"Say one of {', '.join(LANGUAGES)}.")
    if language not in LANGUAGES:
        raise InputError(
            f"language is {language!r}; sentences exist in {', '.join(LANGUAGES)}.",
            field="language",
            value=language,
        )
    for name, weight in weights.items():
        check_type(weight, NUMBER, name, "Give a number of 0 or more.")
        if not 0.0 <= weight < np.inf:
            raise InputError(
                f"{name} is {weight!r}; it is weighed against relevance, so it is a number of 0 or"
                " more.",
                field=name,
                value=weight,
            )


def refuse_short(model: ReturnModel, mandate: Mandate | None) -> None:
    """Raise `InputError` where the mandate allows short weights, or names what does not exist.

    Limits that contradict each other are a status of their clients.
    """
    with suppress(InfeasibleError):
        lowest = limits_of(model, mandate).lower.min()
        if lowest < 0.0:
            raise InputError(
                f"The mandate allows weights down to {lowest:g}, but clients hold products, and a"
                " product cannot be sold short. Set min_weight and lower bounds to 0 or more;"
                " optimal_portfolio and trace_frontier take short weights.",
                field="mandate",
                value=float(lowest),
            )


def with_closed(catalogue: Catalogue, closed: tuple[str, ...]) -> Catalogue:
    """The catalogue in which exactly the products of these ids are `closed`: held by who holds
    them, offered to nobody.
    """
    closed_ids = set(closed)
    if not any((p.id in closed_ids) != p.closed for p in catalogue.products):
        return catalogue
    products = tuple(
        p if p.closed == (p.id in closed_ids) else p.model_copy(update={"closed": not p.closed})
        for p in catalogue.products
    )
    return replace(catalogue, products=products)
