"""Answers and trades to risk profiles."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
