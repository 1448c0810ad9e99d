"""Regimes applied: verdicts with the rules that fired, and masks."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
