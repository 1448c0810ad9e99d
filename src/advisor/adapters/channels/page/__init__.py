"""The web page: a questionnaire in steps and the advice, as plain HTML that works without scripts.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
