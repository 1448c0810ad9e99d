"""Rules on clients as signed data: tiers, activity, risk labels, scores, stages and tags."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
