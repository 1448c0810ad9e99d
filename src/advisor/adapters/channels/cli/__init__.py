# PYTHON_ARGCOMPLETE_OK
"""The command line `advisor`: `main` is its entry point. Importing this loads nothing heavy."""

from advisor.adapters.channels.cli.entry import main

__all__ = ["main"]
