"""Pure measures of portfolios and rankings."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
