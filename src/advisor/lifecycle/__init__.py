"""After the first advice: rebalancing, glide paths, goals, reserves, stress, costs and review
triggers.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
