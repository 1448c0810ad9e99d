"""The audit ledger: what was decided, by which rules, on which inputs; and that nothing was
changed.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
