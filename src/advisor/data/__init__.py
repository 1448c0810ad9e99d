"""Frozen values round read-only arrays: markets, catalogues, purchases, trades, clients."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
