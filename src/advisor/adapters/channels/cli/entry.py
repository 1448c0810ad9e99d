# PYTHON_ARGCOMPLETE_OK
"""Entry point: arguments read, a command run, an exit code given. The commands are data
(`commands.json`): what each takes, the function `module:name` of this package that does it, what it
loads, and an example that a test executes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from advisor.adapters.channels.cli.printing import say, tell
from advisor.errors import AdvisorError, StoppedError

DONE, NEGATIVE, MISUSED, WRONG_INPUT, STOPPED, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes; NEGATIVE: nothing suitable, or not proved."""
KINDS = {"int": int, "float": float}
GROUPS = {"store": "the database of a tenant", "ledger": "the audit ledger"}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line; its message is on stderr.

    Args:
        arguments: What follows the program's name; None: those of the process.
    """
    parser = parser_of(table())
    if "_ARGCOMPLETE" in os.environ and find_spec("argcomplete"):
        import_module("argcomplete").autocomplete(parser)
    args = parser.parse_args(arguments)
    command: Mapping[str, Any] | None = getattr(args, "command", None)
    try:
        if args.version:
            say(f"advisor {version('advisor')}")
            return DONE
        if command is None:
            getattr(args, "group", parser).print_help(sys.stderr)
            return MISUSED
        if command["loads"]:
            tell(f"loading {command['loads']} ...")
        module, _, function = command["runs"].partition(":")
        return getattr(import_module(f"{__package__}.{module}"), function)(args)
    except KeyboardInterrupt:
        tell("interrupted; finished parts are kept, and the same command goes on with them.")
        return INTERRUPTED
    except AdvisorError as error:
        tell(str(error))
        return STOPPED if isinstance(error, StoppedError) else WRONG_INPUT


def table() -> dict[str, Any]:
    """The commands, and the arguments that several share."""
    return json.loads(Path(__file__).with_name("commands.json").read_text(encoding="utf-8"))


def parser_of(commands: Mapping[str, Any]) -> argparse.ArgumentParser:
    """The parser of a table of commands."""
    parser = argparse.ArgumentParser(
        prog="advisor",
        description="Risk profiles, suitable portfolios and products.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    subparsers = parser.add_subparsers(metavar="command")
    groups: dict[str, Any] = {}
    for name, text in GROUPS.items():
        group = subparsers.add_parser(name, help=text, description=f"{text.capitalize()}.")
        group.set_defaults(group=group)
        groups[name] = group.add_subparsers(metavar="command")
    for command in commands["commands"]:
        group, _, name = command["name"].rpartition(" ")
        added = groups.get(group, subparsers).add_parser(
            name,
            help=command["help"],
            description=f"{command['help'][0].upper()}{command['help'][1:]}.",
            epilog=f"example:\n  {command['example']}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for argument in _arguments(command, commands["shared"]):
            how = dict(argument)
            kind = {"type": KINDS[how.pop("type")]} if "type" in how else {}
            added.add_argument(how.pop("flag"), **kind, **how)
        added.set_defaults(command=command)
    return parser


def _arguments(command: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The arguments of a command; the name of shared ones stands for one or several."""
    for argument in command["arguments"]:
        found = shared[argument] if isinstance(argument, str) else argument
        yield from found if isinstance(found, list) else [found]
