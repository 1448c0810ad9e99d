"""One switch for personal data: what `repr`, logs and messages show of a client. Masked unless
asked for.

::

    privacy.masked()        True, unless somebody said otherwise
    with privacy.show():    the values are shown inside this block, to debug with
        print(client)
    privacy.show_always()   for this whole process (a notebook on made-up data)
    privacy.mask_always()   and back

Masked are amounts, ids, answers and raw cells of clients; names of fields, rows and repairs stay.
The environment variable `ADVISOR_PRIVACY=show` is read once, when the library is loaded.
"""

from __future__ import annotations

import logging
import os
import reprlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import TypeVar, cast

logging.getLogger("advisor").addHandler(
    logging.NullHandler()
)  # silent, until the host says otherwise
MASK = "***"
"""Stands where a value was."""
_LENGTH = 60
_Class = TypeVar("_Class", bound=type)
_WORDS: str = """
accounts advice age answers baseline bought choices client client_id client_ids clients
confirmed done excluded goals held held_out holding holdings income interactions knowledge level
levels liabilities lots lowest_category member members position positions profile profiles
proposals purchases ranking record required spending trades valid_until wealth
"""
_ABOUT = frozenset(_WORDS.split())
"""Arguments that hold data of clients."""
_PLAIN = (str, bytes, int, float, complex, date, type(None))
"""Kinds of settings; what is a table, a list or a record may hold anything."""

_process = [os.environ.get("ADVISOR_PRIVACY", "").strip().lower() != "show"]
_block: ContextVar[bool | None] = ContextVar("advisor_privacy", default=None)


def masked() -> bool:
    """Whether personal data are masked here and now."""
    here = _block.get()
    return _process[0] if here is None else here


@contextmanager
def show() -> Generator[None]:
    """A block in which personal data are shown; other threads and tasks are not affected."""
    token = _block.set(False)
    try:
        yield
    finally:
        _block.reset(token)


@contextmanager
def mask() -> Generator[None]:
    """A block in which personal data are masked, whatever the process says."""
    token = _block.set(True)
    try:
        yield
    finally:
        _block.reset(token)


def show_always() -> None:
    """Show personal data in this process; a block of `mask` still masks."""
    _process[0] = False


def mask_always() -> None:
    """Mask personal data in this process again; a block of `show` still shows."""
    _process[0] = True


def personal(value: object) -> str:
    """A personal value as a message shows it: `***`, or a short `repr` where values are shown.

    >>> with mask():
    ...     personal(120_000.0)
    '***'
    """
    return MASK if masked() else short(value)


def shape(name: str) -> str:
    """How an id is written, whether values are shown or not: its letters as a, its digits as 0.

    >>> shape("DE-0042 ")
    "'aa-0000 '"
    """
    letters = ("0" if c.isdigit() else "a" if c.isalnum() else c for c in name)
    return short("".join(letters))


def written(text: str) -> str:
    """A text that tells a personal value, or `***` where it is masked: for what is not shown as its
    `repr`.

    >>> with mask():
    ...     written(f"{120_000:,.2f}")
    '***'
    """
    return MASK if masked() else text


def hides(kind: _Class) -> _Class:
    """The class, whose `repr` masks what its objects hold where personal data are masked: for
    values of one client.

    Stands above `@dataclass`.
    """
    shows = cast("Callable[[object], str]", kind.__repr__)

    def shown(self: object) -> str:
        return f"{kind.__name__}({MASK})" if masked() else shows(self)

    type.__setattr__(kind, "__repr__", shown)
    return kind


def about_clients(field: str | None) -> bool:
    """Whether the argument or column of this name holds data of clients.

    >>> about_clients("goals.0.amount"), about_clients("client ids"), about_clients("risk_aversion")
    (True, True, False)
    """
    words = (field or "").replace(".", " ").replace("[", " ").replace(":", " ").split()
    return not _ABOUT.isdisjoint(words)


def argument(field: str, value: object) -> str:
    """An argument as a message shows it: `***` where it holds data of clients, or is no plain value
    and could.
    """
    return (
        personal(value) if about_clients(field) or not isinstance(value, _PLAIN) else short(value)
    )


def kept_of(field: str | None, value: object) -> object:
    """An argument as an error keeps it; see `argument`."""
    return kept(value) if about_clients(field) or not isinstance(value, _PLAIN) else value


def kept(value: object) -> object:
    """A personal value as an error keeps it: None where it is masked."""
    return None if masked() else value


def short(value: object, length: int = _LENGTH) -> str:
    """A `repr` on one line, cut to `length` characters; of any object, also one whose `repr`
    raises.

    >>> short("a" * 100, 10)
    "'aaaaaa..."
    """
    try:
        if isinstance(value, int) and abs(value) >= 10**length:
            text = f"a whole number of {value.bit_length()} bits"
        elif isinstance(value, str | bytes) and len(value) > 4 * length:
            text = repr(value[: 4 * length])
        elif isinstance(value, list | tuple | dict | set | frozenset) and len(value) > length:
            text = reprlib.repr(value)
        else:
            text = " ".join(repr(value).split())
    except Exception as error:  # noqa: BLE001 - somebody else's __repr__ may raise anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= length else text[: length - 3] + "..."
