"""Numbers of a repair as text: rounded outward, so that the number to type is enough."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context

DIGITS = 6
"""Significant digits printed."""


def at_least(value: float) -> str:
    """Six digits of `value`, rounded up.

    >>> at_least(0.12345642), at_least(0.8), at_least(-1.0000001)
    ('0.123457', '0.8', '-1')
    """
    return _rounded(value, ROUND_CEILING)


def at_most(value: float) -> str:
    """Six digits of `value`, rounded down.

    >>> at_most(0.12345678), at_most(1234567.0)
    ('0.123456', '1234560')
    """
    return _rounded(value, ROUND_FLOOR)


def _rounded(value: float, rounding: str) -> str:
    rounded = Context(prec=DIGITS, rounding=rounding).create_decimal(repr(float(value)))
    return repr(float(rounded)).removesuffix(".0")
