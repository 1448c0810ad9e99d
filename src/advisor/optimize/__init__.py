"""Return models, the exact frontier, behavioural preferences, batch solvers."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
