"""Customers: the store, what other systems know of them, segments, and what to do next.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
