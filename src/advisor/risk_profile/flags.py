"""Flags of a profile in sentences."""

from __future__ import annotations

from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.wording import texts
from advisor.errors import InputError
from advisor.risk_profile.coherence import CONTRADICTION

FLAGS = texts("en")["flags"]
"""Name -> sentence in English; contradictions bring their own."""


def flag_text(name: str, language: str = "en", questionnaire: Questionnaire | None = None) -> str:
    """The sentence of a flag.

    Args:
        name: As in `RiskProfiles.flags`.
        language: "en", "zh", or another one that the questionnaire speaks.
        questionnaire: Where contradictions are worded.

    Raises:
        InputError: There is no such flag.

    >>> flag_text("money")
    'A stressed loss of a higher level would be more than the client can bear beside their needs.'
    """
    if name in FLAGS:
        return texts("zh" if language == "zh" else "en")["flags"][name]
    if questionnaire is not None and name.startswith(CONTRADICTION):
        for rule in questionnaire.contradictions:
            if rule.id == name.removeprefix(CONTRADICTION):
                return rule.texts.get(language, rule.text)
    raise InputError(
        f"There is no flag {name!r}; flags are {list(FLAGS)} and '{CONTRADICTION}<id>' of the"
        " questionnaire asked. Pass that questionnaire.",
        field="name",
        value=name,
    )
