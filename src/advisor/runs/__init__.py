"""Batch runs: streams of clients, resumable parts, replay."""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
