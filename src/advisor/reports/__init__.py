"""Charts, cards, pages and figures: the only package that draws. Values hold plain data."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
