"""What is read and written by commands: text, JSON, tables, clients."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel
from pydantic_core import to_json

from advisor import Client, ClientFiles, ClientTable, clients_from_arrow
from advisor.adapters.channels.cli.printing import say
from advisor.adapters.extras import needs
from advisor.errors import InputError
from advisor.files import read_text

LARGEST = 10_000_000
"""Bytes of a JSON file that is read."""
BOM = "\ufeff"
"""What some editors write before the text of a file."""


@contextmanager
def files(path: str, what: str = "read") -> Generator[None]:
    """A block in which a file that cannot be read, or written, is an `InputError`."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, ImportError) as error:  # pandas and pyarrow derive theirs of these
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{path!r} cannot be {what} ({why}). Name a file that can.", field="file", value=path
        ) from None


def text_of(path: str) -> str:
    """The text of a file, `-`: standard input. Raises `InputError` where it cannot be read."""
    with files(path):
        if path != "-":
            return read_text(Path(path), LARGEST).removeprefix(BOM)
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  closed by the caller
            raise OSError("standard input is closed")
        return sys.stdin.buffer.read(LARGEST).decode("utf-8").removeprefix(BOM)


def bytes_of(path: str) -> bytes:
    """The bytes of a small file. Raises `InputError` where it cannot be read."""
    with files(path), Path(path).open("rb") as file:
        return file.read(LARGEST)


def client_of(path: str) -> Client:
    """A client from JSON."""
    return Client.model_validate_json(text_of(path))


def is_csv(path: str) -> bool:
    """Whether a file is CSV by its name; else it is Parquet."""
    return Path(path).name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))


def is_one(path: str) -> bool:
    """Whether it is one client's JSON, and no table of many."""
    return path == "-" or Path(path).suffix.lower() == ".json"


def source_of(path: str, args: Namespace) -> ClientFiles:
    """A file, and how it is written."""
    return ClientFiles(
        path,
        encoding=args.encoding,
        delimiter=args.delimiter,
        decimal=args.decimal,
        skip_lines=args.skip_lines,
        missing=args.missing,
    )


def table_of(path: str, args: Namespace) -> pd.DataFrame:
    """A table from Parquet or CSV, whose cells are left as they are written."""
    stated = source_of(path, args)
    tabs = Path(path).name.lower().removesuffix(".gz").endswith(".tsv")
    with files(path):
        if not is_csv(path):
            return pd.read_parquet(path)
        return pd.read_csv(
            path,
            dtype=str,  # so that the id 007 stays one
            keep_default_na=False,
            na_values=["", *stated.missing],
            sep=stated.delimiter or ("\t" if tabs else ","),
            encoding=stated.encoding,
            skiprows=stated.skip_lines,
        )


def prices_of(path: str, args: Namespace) -> pd.DataFrame:
    """Prices from Parquet or CSV, by day: the index, or the first column."""
    frame = table_of(path, args)
    indexed = isinstance(frame.index, pd.DatetimeIndex)
    return frame if indexed else frame.set_index(frame.columns[0])


def clients_of(path: str, args: Namespace) -> ClientTable:
    """Clients from Parquet or CSV."""
    if is_csv(path):
        return ClientTable.from_frame(table_of(path, args), decimal=args.decimal)
    with files(path):
        table = needs("arrow", "pyarrow.parquet").read_table(path)
        return clients_from_arrow(table, decimal=args.decimal)


def answer(args: Namespace, value: Any, lines: Iterable[str]) -> None:
    """Print a value as JSON where that was asked for (what is no number as null), else lines."""
    if not args.json:
        say(*lines)
    elif isinstance(value, BaseModel):
        say(value.model_dump_json(indent=1))
    else:
        say_json(value)


def say_json(value: Any) -> None:
    """Print a value as JSON, what is no number as null."""
    say(to_json(value, indent=1, inf_nan_mode="null", fallback=str).decode())
