"""Currency codes as ISO 4217 lists them."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache

from advisor.errors import InputError

_LISTED = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
    BYN     BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN
    ETB EUR FJD FKP     GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK
    JMD JOD JPY KES KGS KHR KMF     KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD
    MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR     MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK     SGD SHP SLE SOS SRD SSP STN SVC SYP
    SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU     UYW UZS VED VES VND VUV
    WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX     YER ZAR
    ZMW ZWG
"""
CODES = frozenset(_LISTED.split())
"""ISO 4217:2015, list one (currencies, funds, metals), with the amendments up to January 2026."""
HABITS = {
    "RMB": "CNY",
    "CNH": "CNY",
    "NTD": "TWD",
    "STG": "GBP",
    "GBX": "GBP",
    "ZWL": "ZWG",
    "HRK": "EUR",
    "BGN": "EUR",
    "ANG": "XCG",
    "€": "EUR",
    "£": "GBP",
    "元": "CNY",
    "人民币": "CNY",
    "EURO": "EUR",
}
"""Words in use that are no codes, and the code that is meant."""


@lru_cache(maxsize=1024)
def nearest(word: str) -> str:
    """The code that a word most likely means, as a remedy for a message."""
    code = word.strip().upper()
    swapped = (known for known in sorted(CODES) if sorted(known) == sorted(code))
    close = (known for known in get_close_matches(code, sorted(CODES), n=1, cutoff=0.6))
    guess = HABITS.get(code) or next(swapped, None) or next(close, None)
    return f"Did you mean {guess}?" if guess else "Write a code such as CNY, EUR or USD."


@lru_cache(maxsize=1024)
def code_of(word: str) -> str | None:
    """The code that a word writes, in any case; None where it writes none.

    >>> code_of("eur"), code_of("U")
    ('EUR', None)
    """
    code = word.strip().upper()
    return code if code in CODES else None


def currency_code(word: object, as_text: Callable[[str], str] = repr) -> object:
    """A currency as a contract takes it: its code, None where it is blank; what is no text stays.

    Args:
        word: What is written.
        as_text: How a message shows it; `repr` unless it is a client's.

    Raises:
        InputError: The text is no code of ISO 4217.
    """
    if not isinstance(word, str):
        return word
    if not word.strip():
        return None
    code = code_of(word)
    if code is None:
        raise InputError(
            f"currency is {as_text(word[:40])}, which is no code of ISO 4217; money in it could be"
            f" held against nothing. {nearest(word)}",
            field="currency",
            value=word,
        )
    return code
