"""Facts of clients on a day, and the events that some of them come from."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
