"""Rules of incoming tables as pandera schemas, and what breaks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor.adapters.extras import needs
from advisor.errors import InputError

DERIVED = ":"
"""Stands in the name of a column that is worked out of others; what is before it is theirs."""


@cache
def rules() -> dict[str, dict[str, Any]]:
    """The rules by kind of table."""
    return json.loads(Path(__file__).with_name("quality_rules.json").read_text(encoding="utf-8"))


def rules_of(kind: str) -> dict[str, Any]:
    """The rules of a kind of table. Raises `InputError` where there are none."""
    if kind in rules():
        return rules()[kind]
    why = f"kind is {kind!r}; rules are known for {', '.join(rules())} and clients."
    raise InputError(f"{why} Give one of these.", field="kind", value=kind)


def derived(typed: pd.DataFrame, rule: Mapping[str, Any]) -> pd.DataFrame:
    """The columns, and those that rules of two columns are checked on: below 0 where broken."""
    out = typed.copy(deep=False)
    for column in rule["columns"]:
        if "from" in column and column["name"] in typed:
            span = typed[column["name"]] - typed[column["from"]]
            out[f"{column['name']}{DERIVED}from"] = span.dt.total_seconds()
    scales = rule.get("scales")
    if scales and scales["column"] in typed:
        name, by = scales["column"], typed[scales["by"]].astype(object)
        low = by.map({k: v[0] for k, v in scales.items() if isinstance(v, list)}).astype(float)
        high = by.map({k: v[1] for k, v in scales.items() if isinstance(v, list)}).astype(float)
        out[f"{name}{DERIVED}scale"] = np.minimum(typed[name] - low, high - typed[name])
    return out


def broken(
    typed: pd.DataFrame, rule: Mapping[str, Any], as_of: date
) -> Iterator[tuple[int, str, str]]:
    """Row, column and fault of every cell that breaks a rule, all of them (lazily checked)."""
    pandera = needs("quality", "pandera.pandas")
    frame = derived(typed, rule)
    columns = {c["name"]: _column(pandera, c, as_of) for c in rule["columns"] if c["name"] in typed}
    for name in frame.columns.difference(typed.columns):
        before = name.endswith("from")
        fault = "it is before what it follows" if before else "it is off the scale of its kind"
        columns[name] = pandera.Column(checks=pandera.Check.ge(0.0, error=fault), nullable=True)
    schema = pandera.DataFrameSchema(
        columns, unique=rule.get("unique"), report_duplicates="exclude_first", strict=False
    )
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = cast("pd.DataFrame", errors.failure_cases)
        for column, check, row in zip(cases["column"], cases["check"], cases["index"], strict=True):
            name = str(column).partition(DERIVED)[0]
            yield int(row), name, _FAULTS.get(str(check), str(check))


_FAULTS = {
    "not_nullable": "every row needs one",
    "multiple_fields_uniqueness": "another row before has it",
    "field_uniqueness": "another row before has it",
}


def _column(pandera: Any, rule: Mapping[str, Any], as_of: date) -> Any:
    """One column's checks."""
    checks: list[Any] = []
    if "low" in rule:
        checks.append(pandera.Check.ge(rule["low"], error=f"it must be at least {rule['low']}"))
    if "high" in rule:
        checks.append(pandera.Check.le(rule["high"], error=f"it must be at most {rule['high']}"))
    if "above" in rule:
        checks.append(pandera.Check.gt(rule["above"], error=f"it must be above {rule['above']}"))
    if "words" in rule:
        known = frozenset(rule["words"])
        fault = f"it must be one of {', '.join(rule['words'])}"
        checks.append(
            pandera.Check(lambda s: s.map(lambda w: w.strip().lower() in known), error=fault)
        )
    if rule.get("past"):
        end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
        end = end.tz_localize("UTC") if rule["cell"] == "instant" else end
        checks.append(pandera.Check.lt(end, error=f"it is later than {as_of}, in the future"))
    return pandera.Column(checks=checks, nullable=bool(rule.get("empty")))
