"""One filter for logs: ids of clients do not leave by a log line."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection

from typing_extensions import override

from advisor.privacy import MASK, masked

_STATED = re.compile(
    r"""((?:client|subject|user)(?:[ _]?id)?["']?\s*[=:]\s*)(["']?)[^\s"',;)}\]]+""", re.IGNORECASE
)
_WORD = re.compile(r"[^\s\"'(){}\[\],;:=<>]+")


def masked_id(client_id: object) -> str:
    """The id as a `repr` shows it: `***`, or itself where personal data are shown."""
    return MASK if masked() else repr(client_id)


class ClientFilter(logging.Filter):
    """Masks ids of clients in every log record that passes: attach it to the handlers.

    What stands behind `client_id=`, `client:`, `subject=` or `user_id=` is masked, and every word
    that is one of `ids`.

    Args:
        ids: Ids known to the host, or a function that says whether a word is one.
    """

    def __init__(self, ids: Collection[str] | Callable[[str], bool] = ()) -> None:
        super().__init__()
        self._is_id = ids if callable(ids) else frozenset(ids).__contains__
        known = () if callable(ids) else ids
        self._no_words = [name for name in known if not _WORD.fullmatch(name)]

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if masked():
            record.msg = self.mask(record.getMessage())
            record.args = ()
            if record.exc_info:
                text = logging.Formatter().formatException(record.exc_info)
                record.exc_text, record.exc_info = self.mask(text), None
            elif record.exc_text:
                record.exc_text = self.mask(record.exc_text)
            for name in ("client_id", "subject", "user_id"):
                if name in record.__dict__:
                    record.__dict__[name] = MASK
        return True

    def mask(self, text: str) -> str:
        """The text with every id in it replaced by `***`."""
        stated = _STATED.sub(lambda said: f"{said[1]}{said[2]}{MASK}", text)
        for name in self._no_words:
            stated = stated.replace(name, MASK)
        return _WORD.sub(lambda word: self._masked(word.group()), stated)

    def _masked(self, word: str) -> str:
        """A word, or what stands in its place; a full stop may follow it."""
        bare = word.rstrip(".!?")
        named = next((name for name in (word, bare) if name and self._is_id(name)), None)
        return word if named is None else MASK + word[len(named) :]
