"""The line that makes a pandas DataFrame of what is none: a table of another library, or a file."""

from __future__ import annotations

from pathlib import Path

_CALLS = {
    ("pandas", "Series"): "to_frame()",
    ("polars", "Series"): "to_frame().to_pandas()",
    ("polars", "DataFrame"): "to_pandas()",
    ("polars", "LazyFrame"): "collect().to_pandas()",
    ("pyarrow", "Table"): "to_pandas()",
    ("pyspark", "DataFrame"): "toPandas()",
    ("duckdb", "DuckDBPyRelation"): "df()",
    ("_duckdb", "DuckDBPyRelation"): "df()",
    ("dask", "DataFrame"): "compute()",
}
"""What makes a pandas DataFrame of a table of another library."""
_FILES = {
    **dict.fromkeys((".csv", ".gz", ".zip", ".txt"), "read_csv({}, {})"),
    ".tsv": 'read_csv({}, sep="\\t", {})',
    **dict.fromkeys((".xlsx", ".xls"), "read_excel({}, {})"),
    ".parquet": "read_parquet({})",
    **dict.fromkeys((".feather", ".arrow"), "read_feather({})"),
    ".json": "read_json({}, dtype=False)",
    **dict.fromkeys((".jsonl", ".ndjson"), "read_json({}, lines=True, dtype=False)"),
}
"""What makes a pandas DataFrame of a file, by its ending."""
_PANDAS = ("pandas", "DataFrame")
_HISTORIES, _BY_DAY = ("prices", "returns"), "index_col=0"
_LONGEST_PATH = 4_096


def line_for(field: str, value: object) -> str:
    """The line that makes a pandas DataFrame of a table of another kind, as the end of a message;
    empty where none is known.

    >>> class Series:
    ...     __module__ = "pandas.core"
    >>> line_for("prices", Series()), line_for("prices", 5)
    (' Here: prices.to_frame().', '')
    """
    kind = type(value)
    if isinstance(value, list | tuple) and value:
        if all(isinstance(part, str | Path) for part in value):
            line = line_for("path", value[0]).removeprefix(" Here: ").removesuffix(".")
            return f" Here: pandas.concat([{line} for path in {field}])." if line else ""
        if (type(value[0]).__module__.partition(".")[0], type(value[0]).__name__) == _PANDAS:
            return f" Here: pandas.concat({field})."
    if isinstance(value, str | Path):
        if len(str(value)) < _LONGEST_PATH and any(Path(value).glob("*.csv")):
            files = f'sorted(pathlib.Path({field}).glob("*.csv"))'
            return f" Here: pandas.concat([pandas.read_csv(path, dtype=str) for path in {files}])."
        ending = Path(value).suffix.lower() if len(str(value)) < _LONGEST_PATH else ""
        read = _FILES.get(ending)
        how = _BY_DAY if field in _HISTORIES else "dtype=str"
        return f" Here: pandas.{read.format(field, how)}." if read else ""
    if isinstance(value, dict) or (
        isinstance(value, list) and value and isinstance(value[0], dict)
    ):
        return f" Here: pandas.DataFrame({field})."
    call = _CALLS.get((kind.__module__.partition(".")[0], kind.__name__))
    return f" Here: {field}.{call}." if call else ""
