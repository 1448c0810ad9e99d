"""Flags of a profile in sentences."""

from __future__ import annotations

from advisor.contracts.questionnaire import Questionnaire
from advisor.errors import InputError
from advisor.risk_profile.coherence import CONTRADICTION

FLAGS: dict[str, tuple[str, str]] = {
    "knocked_out": (
        "One answer puts the client into the lowest category: he will not or cannot bear any loss.",
        "有一项回答使客户归入最低类别：不愿或不能承受任何损失。",
    ),
    "incapable": (
        "The client lacks full civil capacity, which puts him into the lowest category.",
        "客户不具备完全民事行为能力，归入最低类别。",
    ),
    "uncertain": (
        "The answers measure tolerance too roughly to be sure enough of the next level up, so the lower one counts.",
        "问卷测量误差较大，无法足够确定更高等级，故按较低等级处理。",
    ),
    "straight_lining": (
        "Nearly all answers stand at the same position; please confirm that they were meant.",
        "几乎所有回答都选在同一位置，请确认是否为本人真实意愿。",
    ),
    "misfit": (
        "The answers hang together so badly that they count with caution; please confirm them.",
        "各项回答之间一致性过低，故从严处理，请予确认。",
    ),
    "stated_above_revealed": (
        "The stated tolerance is higher than past trades show; the lower level counts until it is confirmed.",
        "陈述的风险承受意愿高于以往交易所体现的水平，在确认之前按较低等级处理。",
    ),
    "above_last_assessment": (
        "The level is above that of the last assessment and not yet confirmed; the former level counts until it is.",
        "本次等级高于上次评估且尚未确认，在确认之前沿用原等级。",
    ),
    "money": (
        "A stressed loss of a higher level would be more than the client can bear beside his needs.",
        "更高等级的压力损失将超出客户在满足必要支出之后可承受的金额。",
    ),
    "senior": (
        "The client is 65 or older: special care is due with products of high risk.",
        "客户年满65周岁，购买较高风险产品时须履行特别注意义务。",
    ),
    "minor": (
        "The client is a minor: only a guardian can act, and only for products of the lowest risk.",
        "客户为未成年人，仅可由监护人代理购买最低风险产品。",
    ),
}
"""Name -> sentence in English and Chinese; contradictions bring their own."""


def flag_text(name: str, language: str = "en", questionnaire: Questionnaire | None = None) -> str:
    """The sentence of a flag.

    Args:
        name: As in `RiskProfiles.flags`.
        language: "en", "zh", or another one that the questionnaire speaks.
        questionnaire: Where contradictions are worded.

    Raises:
        InputError: There is no such flag.

    >>> flag_text("money")
    'A stressed loss of a higher level would be more than the client can bear beside his needs.'
    """
    if name in FLAGS:
        return FLAGS[name][1 if language == "zh" else 0]
    if questionnaire is not None and name.startswith(CONTRADICTION):
        for rule in questionnaire.contradictions:
            if rule.id == name.removeprefix(CONTRADICTION):
                return rule.texts.get(language, rule.text)
    raise InputError(
        f"There is no flag {name!r}; flags are {list(FLAGS)} and '{CONTRADICTION}<id>' of the questionnaire asked. Pass that questionnaire.",
        field="name",
        value=name,
    )
