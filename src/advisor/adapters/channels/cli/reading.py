"""What is read and written by commands: text, JSON, tables, clients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic_core import to_json

from advisor import Advisor, Client, ClientTable, clients_from_arrow, load
from advisor.adapters.extras import needs
from advisor.errors import InputError
from advisor.files import read_text

LARGEST = 10_000_000
"""Bytes of a JSON file that is read."""


def text_of(place: str) -> str:
    """The text of a file, `-`: standard input. Raises `InputError` where it cannot be read."""
    try:
        if place == "-":
            return sys.stdin.buffer.read(LARGEST).decode("utf-8")
        return read_text(Path(place), LARGEST)
    except (OSError, ValueError) as error:
        raise unreadable(place, error) from None


def bytes_of(place: str) -> bytes:
    """The bytes of a small file. Raises `InputError` where it cannot be read."""
    try:
        with Path(place).open("rb") as file:
            return file.read(LARGEST)
    except (OSError, ValueError) as error:
        raise unreadable(place, error) from None


def client_of(place: str) -> Client:
    """A client from JSON."""
    return Client.model_validate_json(text_of(place))


def is_one(place: str) -> bool:
    """Whether it is one client's JSON, and no table of many."""
    return place == "-" or Path(place).suffix.lower() == ".json"


def advisor_of(folder: str) -> Advisor:
    """A saved advisor."""
    return load(Path(folder))


def table_of(place: str, *, words: bool = True) -> pd.DataFrame:
    """A table from Parquet or CSV.

    Args:
        place: A file.
        words: Leave cells of CSV as they are written, so that the id 007 stays one; else the first
            column is an index.
    """
    try:
        if Path(place).suffix.lower() == ".csv":
            how: dict[str, Any] = (
                {"dtype": str, "keep_default_na": False, "na_values": [""]}
                if words
                else {"index_col": 0}
            )
            return pd.read_csv(place, **how)
        frame = pd.read_parquet(place)
    except (
        OSError,
        ValueError,
        ImportError,
    ) as error:  # pandas and pyarrow derive their errors from these
        raise unreadable(place, error) from None
    return (
        frame
        if words or isinstance(frame.index, pd.DatetimeIndex)
        else frame.set_index(frame.columns[0])
    )


def clients_of(place: str) -> ClientTable:
    """Clients from Parquet or CSV."""
    if Path(place).suffix.lower() == ".csv":
        return ClientTable.from_frame(table_of(place))
    try:
        return clients_from_arrow(needs("arrow", "pyarrow.parquet").read_table(place))
    except (OSError, ValueError) as error:
        raise error if isinstance(error, InputError) else unreadable(place, error) from None


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")


def say_json(value: Any) -> None:
    """Print a value as JSON, what is no number as null."""
    say(to_json(value, indent=1, inf_nan_mode="null", fallback=str).decode())


def write(place: str, text: str) -> None:
    """Write a text to a file. Raises `InputError` where it cannot be written."""
    try:
        Path(place).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise unreadable(place, error, "written") from None


def unreadable(place: str, error: Exception, what: str = "read") -> InputError:
    """What is told of a file that cannot be read, or written."""
    why = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"{place!r} cannot be {what} ({why}). Name a file that can.", field="file", value=place
    )
