"""Why: stable codes for machines, sentences in English and Chinese for people, and the numbers inside them."""

from __future__ import annotations

from typing import Any, Literal

from advisor.contracts.advice import Scalar

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

SENTENCES: dict[str, tuple[str, str]] = {
    # why there is no advice
    "invalid_input": ("This client's data cannot be used: {problem}", "该客户的数据无法使用：{problem}"),
    "not_assessed": ("There is no usable risk assessment: {problem}", "没有可用的风险测评：{problem}"),
    "assessment_expired": (
        "The risk assessment is not valid on {as_of} (valid until: {valid_until}); assess again before advising.",
        "风险测评在{as_of}已失效（有效期至：{valid_until}），请重新测评后再提供建议。",
    ),
    "no_suitable_level": (
        "No risk level suits this client (held down by {limit}); no investment portfolio should be offered.",
        "没有适合该客户的风险等级（受{limit}限制），不应提供投资组合。",
    ),
    "no_eligible_asset": (
        "At level C{level} the rules of {regime} leave no asset of this shelf (products refused by rule: {rules}); add suitable products or review what was stated of the client.",
        "在C{level}等级下，{regime}规则未留下任何可投资产（按规则排除的产品数：{rules}）；请补充合适产品或检查客户信息。",
    ),
    "infeasible": ("The limits contradict each other for this client: {problem}", "该客户的限制条件互相矛盾：{problem}"),
    "unsolved": ("No portfolio could be certified as optimal for this client: {problem}", "无法为该客户验证最优组合：{problem}"),
    "above_band": (
        "Even the least risky suitable portfolio has {volatility:.1%} volatility a year, above the {upper:.1%} that level C{level} promises; it is not offered.",
        "即使风险最低的合适组合，年化波动率也达{volatility:.1%}，高于C{level}等级承诺的{upper:.1%}，因此不予提供。",
    ),
    "above_stress": (
        "Every suitable portfolio would lose more in a year in a hundred than the {limit:.0%} that level C{level} allows; none is offered. {problem}",
        "所有合适组合在百年一遇的压力情景下的损失均超过C{level}等级允许的{limit:.0%}，因此不予提供。{problem}",
    ),
    "holdings_above_band": (
        "What must be kept takes the portfolio to {volatility:.1%} volatility a year, above the {upper:.1%} of level C{level}; the rest goes where it lowers risk most.",
        "必须保留的持仓使组合年化波动率达{volatility:.1%}，高于C{level}等级的{upper:.1%}；其余资金用于最大程度降低风险。",
    ),
    "holdings_above_stress": (
        "With what must be kept, the portfolio would lose about {loss:.1%} in the stress of a year in a hundred, more than the {limit:.0%} that level C{level} allows; the rest goes where it lowers risk most.",
        "因必须保留的持仓，组合在百年一遇的压力情景下约损失{loss:.1%}，超过C{level}等级允许的{limit:.0%}；其余资金用于最大程度降低风险。",
    ),
    # why this portfolio
    "level": ("Risk level C{level}, decided by {limit}.", "风险等级C{level}，由{limit}决定。"),
    "flag": ("Control on the answers: {text}", "答卷控制：{text}"),
    "target": (
        "A C{level} portfolio aims at {target:.1%} volatility a year; this one is expected at {volatility:.1%} with a return of {mean:.1%}.",
        "C{level}组合的目标年化波动率为{target:.1%}；本组合预期波动率{volatility:.1%}，预期收益{mean:.1%}。",
    ),
    "stress": (
        "In the stress of a year in a hundred it would lose about {loss:.1%}, within the {limit:.0%} that level C{level} allows.",
        "在百年一遇的压力情景下约损失{loss:.1%}，在C{level}等级允许的{limit:.0%}之内。",
    ),
    "stress_above": (
        "In the stress of a year in a hundred it would lose about {loss:.1%}, more than the {limit:.0%} that level C{level} allows, because of what must be kept.",
        "在百年一遇的压力情景下约损失{loss:.1%}，因必须保留的持仓而超过C{level}等级允许的{limit:.0%}。",
    ),
    "below_band": (
        "No suitable asset is risky enough to reach the {lower:.1%} volatility where level C{level} begins; the portfolio stays below its band.",
        "没有合适资产能达到C{level}等级起点的{lower:.1%}波动率；组合低于其风险区间。",
    ),
    "correction": (
        "Behaviour seen in {causes} raises risk aversion from {before:.2f} to {after:.2f}: less risk than the level alone would take.",
        "从{causes}中看到的行为使风险厌恶系数由{before:.2f}升至{after:.2f}：承担的风险低于等级本身。",
    ),
    "kept": (
        "{name} ({money:,.2f}) is not suitable to buy any more: it is kept, counted as risk, and not topped up.",
        "{name}（{money:,.2f}）已不适合买入：予以保留，计入风险，不再加仓。",
    ),
    "kept_adds_risk": (
        "What is kept adds risk of its own, so the rest is placed more safely.",
        "保留的持仓自带风险，因此其余资金配置得更为稳健。",
    ),
    "unplaced": ("{money:,.2f} meant for {asset} is not placed: {why}", "原拟投入{asset}的{money:,.2f}未能配置：{why}"),
    # why this product
    "suitable": (
        "Its risk level R{product_level} is within C{level} under {regime}.",
        "其风险等级R{product_level}在{regime}下不超过C{level}。",
    ),
    "closes_gap": ("Puts {money:,.2f} where the portfolio lacks it: {asset}.", "将{money:,.2f}投入组合所缺的{asset}。"),
    "taste_holding": (
        "Clients who hold {held} often buy it ({share:.0%} of its score).",
        "持有{held}的客户常买入该产品（占得分的{share:.0%}）。",
    ),
    "taste_popular": ("It is often bought by clients of this house.", "本机构客户经常买入该产品。"),
    "suggestion": ("Suggested by taste; the target needs no money here.", "根据偏好推荐；目标组合在此无需投入。"),
    "adds_value": (
        "Each unit of money in it adds about {gain:.2%} a year to this portfolio's risk-adjusted return, fee paid.",
        "每投入一单位资金，扣费后每年约为组合增加{gain:.2%}的风险调整后收益。",
    ),
    # why not a better-known product
    "omitted_not_suitable": (
        "{product} is bought by {popularity:.1%} of clients, but it may not be offered to this client.",
        "{product}有{popularity:.1%}的客户购买，但不得向该客户提供。",
    ),
    "omitted_held": ("{product} is already held.", "{product}已持有。"),
    "omitted_ranked_lower": (
        "{product} is popular, but stands at place {rank} for this client's taste.",
        "{product}较受欢迎，但按该客户偏好仅排第{rank}位。",
    ),
    "omitted_fits_less": (
        "{product} is at place {rank} by taste, but what is shown does more for this portfolio.",
        "{product}按偏好排第{rank}位，但所推荐产品更有助于该组合。",
    ),
}
"""Code -> sentence in each of `LANGUAGES`; the names in braces are the reason's data."""

UNPLACED = {
    "no_product": ("no suitable product implements it", "没有合适的产品"),
    "too_small": ("it is below the smallest purchase of every suitable product", "低于所有合适产品的起购金额"),
    "beyond_picks": ("the picks asked for were used up on larger gaps; ask for more picks", "推荐数量已用于更大的缺口；可增加推荐数量"),
    "no_cash": ("what must be kept leaves no money for it", "必须保留的持仓未留出资金"),
}
"""Why money stays unplaced."""

LIMITS = {
    "tolerance": ("tolerance", "风险承受意愿"),
    "capacity": ("capacity", "风险承受能力"),
    "horizon": ("horizon", "投资期限"),
    "objective": ("objective", "投资目标"),
    "knowledge": ("knowledge", "投资知识"),
    "assessed elsewhere": ("the assessment made elsewhere", "外部测评"),
    "none": ("no limit: it is the highest", "无限制（最高等级）"),
}
"""Words of `RiskProfiles.limited_by` in sentences."""

UNDATED = ("not known, since no day of the assessment was given; pass assessed_on", "未知，未提供测评日期assessed_on")
"""Until when an assessment without a day is valid."""

_LINES: dict[Language, dict[str, str]] = {
    language: {code: texts[i] for code, texts in SENTENCES.items()} for i, language in enumerate(LANGUAGES)
}


def reason(code: str, language: Language, **data: Scalar) -> dict[str, Any]:
    """The fields of the `Reason` with this code, its sentence filled in; the `Advice` it goes into checks them all at once.

    >>> reason("level", "en", level=3, limit="horizon")["text"]
    'Risk level C3, decided by horizon.'
    """
    words = data
    if code == "unplaced":
        words = data | {"why": UNPLACED[str(data["why"])][LANGUAGES.index(language)]}
    elif data.get("valid_until", "") is None:
        words = data | {"valid_until": UNDATED[LANGUAGES.index(language)]}
    elif isinstance(limit := data.get("limit"), str):
        words = data | {"limit": LIMITS[limit][LANGUAGES.index(language)] if limit in LIMITS else limit}
    return {"code": code, "text": _LINES[language][code].format_map(words), "data": data}
