"""Actions: plays as data, proposals, and the last check before anything is sent."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
