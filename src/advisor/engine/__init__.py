"""The advisor: one client or many through one pipeline."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
