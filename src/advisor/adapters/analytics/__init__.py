"""Analytics of clients and of advice: what they say, what works, what they are worth, who leaves.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
