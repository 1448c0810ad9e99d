"""Recipes that learn relevance from purchases, and the masked ranking that only lets suitable
products through.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
