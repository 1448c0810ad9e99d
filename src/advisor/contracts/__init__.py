"""Frozen, closed pydantic contracts that cross the public functions."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
