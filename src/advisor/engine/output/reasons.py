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
    "no_money": (
        "There is nothing to invest: wealth is 0. State all investable money, holdings included.",
        "没有可投资资金：财富为0。请填写全部可投资资金（含持仓）。",
    ),
    "no_eligible_asset": (
        (
            "At level C{level} the rules of {regime} leave this client no product of the catalogue "
            "(products refused, by rule: {rules}); "
            "add suitable products or review what was stated of the client. {text}"
        ),
        "在C{level}等级下，{regime}规则未给该客户留下任何产品（按规则排除的产品数：{rules}）；请补充合适产品或检查客户信息。{text}",
    ),
    "too_few_assets": (
        (
            "Rules of {regime} refuse this client products without which no portfolio keeps what level "
            "C{level} promises (products refused, by rule: {rules}); none is offered. {text}"
        ),
        "{regime}规则排除了该客户在C{level}等级下构建组合所需的产品（按规则排除的产品数：{rules}），因此不予提供组合。{text}",
    ),
    "infeasible": ("The limits contradict each other for this client: {problem}", "该客户的限制条件互相矛盾：{problem}"),
    "unsolved": ("No portfolio could be certified as optimal for this client: {problem}", "无法为该客户验证最优组合：{problem}"),
    "above_band": (
        (
            "Even the least risky portfolio of what this client may buy (products refused, by rule: {rules}) "
            "has {volatility:.1%} volatility a year, above the {upper:.1%} that level C{level} promises; it is not offered."
        ),
        (
            "即使在该客户可购买的产品中（按规则排除的产品数：{rules}）风险最低的组合，"
            "年化波动率也达{volatility:.1%}，高于C{level}等级承诺的{upper:.1%}，因此不予提供。"
        ),
    ),
    "above_stress": (
        (
            "Every portfolio of what this client may buy (products refused, by rule: {rules}) would lose more than the "
            "{limit:.0%} that level C{level} allows if each asset suffered its stressed loss in the same year; none is offered. {problem}"
        ),
        (
            "该客户可购买产品（按规则排除的产品数：{rules}）的任何组合，在各资产同年遭受各自压力损失时，"
            "损失均超过C{level}等级允许的{limit:.0%}，因此不予提供。{problem}"
        ),
    ),
    "holdings_above_band": (
        "After the orders what must be kept takes the portfolio to {volatility:.1%} volatility a year, above the {upper:.1%} of level C{level}; the rest goes where it lowers risk most.",
        "必须保留的持仓使组合年化波动率达{volatility:.1%}，高于C{level}等级的{upper:.1%}；其余资金用于最大程度降低风险。",
    ),
    "holdings_above_stress": (
        (
            "With what must be kept, the portfolio would lose about {loss:.1%} if each asset suffered its stressed loss in the same year, "
            "more than the {limit:.0%} that level C{level} allows; the rest goes where it lowers risk most."
        ),
        "因必须保留的持仓，若各资产同年遭受各自压力损失，组合约损失{loss:.1%}，超过C{level}等级允许的{limit:.0%}；其余资金用于最大程度降低风险。",
    ),
    # why this portfolio
    "level": ("Risk level C{level}, decided by {limit}.", "风险等级C{level}，由{limit}决定。"),
    "flag": ("Control on the answers: {text}", "答卷控制：{text}"),
    "target": (
        (
            "A C{level} portfolio aims at {target:.1%} volatility a year; after the orders this one is expected at "
            "{volatility:.1%} with a return of {mean:.1%} before fees."
        ),
        ("C{level}组合的目标年化波动率为{target:.1%}；完成下列交易后，本组合预期波动率{volatility:.1%}，扣费前预期收益{mean:.1%}。"),
    ),
    "fees": (
        (
            "Of the expected return of {gross:.2%} a year, products held after the orders cost {fee:.2%} "
            "({money:,.2f} a year), which leaves {net:.2%}."
        ),
        "在{gross:.2%}的年化预期收益中，交易后所持产品的费用占{fee:.2%}（每年{money:,.2f}），扣费后为{net:.2%}。",
    ),
    "differs": (
        (
            "The target portfolio is expected at {volatility:.1%} volatility with a return of {mean:.1%}; after the orders "
            "{share:.1%} of wealth stands elsewhere, {cash:,.2f} in cash."
        ),
        "目标组合的预期波动率为{volatility:.1%}，预期收益{mean:.1%}；交易后有{share:.1%}的财富与目标不同，其中现金{cash:,.2f}。",
    ),
    "concentration": (
        "{rule}: after the orders {subject} makes up {value:.1%} of wealth, more than {limit:.1%}. {rule_text}",
        "{rule}：交易后{subject}占财富的{value:.1%}，超过{limit:.1%}。{rule_text}",
    ),
    "concentration_money": (
        "{rule}: after the orders {value:,.2f} are deposited with {subject}, more than {limit:,.2f}. {rule_text}",
        "{rule}：交易后在{subject}的存款为{value:,.2f}，超过{limit:,.2f}。{rule_text}",
    ),
    "stress": (
        (
            "If each asset suffered its stressed loss in the same year (where none is stated, the loss of its own worst year "
            "in a hundred), it would lose about {loss:.1%}, within the {limit:.0%} that level C{level} allows. "
            "By the model, in which assets move apart, its own worst year in a hundred returns {one_in_100:.1%} or less."
        ),
        (
            "若各资产同年遭受各自的压力损失（未另行给定的，取该资产自身百年一遇的损失），组合约损失{loss:.1%}，"
            "在C{level}等级允许的{limit:.0%}之内。按模型（各资产不同步），组合自身百年一遇的年收益率为{one_in_100:.1%}或更低。"
        ),
    ),
    "stress_above": (
        (
            "If each asset suffered its stressed loss in the same year (where none is stated, the loss of its own worst year "
            "in a hundred), it would lose about {loss:.1%}, more than the {limit:.0%} that level C{level} allows. "
            "By the model, in which assets move apart, its own worst year in a hundred returns {one_in_100:.1%} or less."
        ),
        (
            "若各资产同年遭受各自的压力损失（未另行给定的，取该资产自身百年一遇的损失），组合约损失{loss:.1%}，"
            "超过C{level}等级允许的{limit:.0%}。按模型（各资产不同步），组合自身百年一遇的年收益率为{one_in_100:.1%}或更低。"
        ),
    ),
    "below_band": (
        (
            "At {volatility:.1%} volatility a year the portfolio stays below the {lower:.1%} where the band of level C{level} begins: "
            "it takes less risk than the level would allow."
        ),
        "组合年化波动率为{volatility:.1%}，低于C{level}等级区间的起点{lower:.1%}：承担的风险低于该等级所允许的水平。",
    ),
    "correction": (
        "Behaviour seen in {causes} raises risk aversion from {before:.2f} to {after:.2f}: less risk than the level alone would take.",
        "从{causes}中看到的行为使风险厌恶系数由{before:.2f}升至{after:.2f}：承担的风险低于等级本身。",
    ),
    "kept": (
        "{name} ({money:,.2f}) is locked: it is kept and counted as risk.",
        "{name}（{money:,.2f}）已锁定：予以保留，计入风险。",
    ),
    "kept_unsuitable": (
        "{name} ({money:,.2f}) does not suit this client and is locked: it is kept, counted as risk, and not topped up.",
        "{name}（{money:,.2f}）不适合该客户但已锁定：予以保留，计入风险，不再加仓。",
    ),
    "sells_unsuitable": (
        "{name} ({money:,.2f}) does not suit this client: it is to be sold.",
        "{name}（{money:,.2f}）不适合该客户：应予卖出。",
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
    "allowed_above": (
        "Its risk level R{product_level} is above C{level}; {regime} allows it to this client all the same.",
        "其风险等级R{product_level}高于C{level}，但{regime}规则允许该客户购买。",
    ),
    "closes_gap": ("Puts {money:,.2f} where the portfolio lacks it: {spread}.", "将{money:,.2f}投入组合所缺的{spread}。"),
    "taste_holding": (
        "Past purchases link it to {held}, which this client holds or has bought ({share:.0%} of its score).",
        "历史购买记录显示其与该客户持有或买过的{held}相关（占得分的{share:.0%}）。",
    ),
    "taste_popular": (
        "{share:.1%} of the clients whose purchases are on record have bought it.",
        "有购买记录的客户中，{share:.1%}买过该产品。",
    ),
    "taste_unknown": ("No purchase of it is on record.", "该产品暂无购买记录。"),
    "duty": ("{rule}: {rule_text}", "{rule}：{rule_text}"),
    "suggestion": (
        "An alternative: no money is placed in it, and nothing of it is to be bought now.",
        "备选产品：本次不投入资金，无需买入。",
    ),
    "adds_value": (
        "At the advised portfolio each further unit of money in it adds about {gain:.2%} a year to the risk-adjusted return, its fee paid.",
        "在建议组合的基础上，每再投入一单位资金，扣费后每年约增加{gain:.2%}的风险调整后收益。",
    ),
    "takes_value": (
        (
            "At the advised portfolio each further unit of money in it changes the risk-adjusted return by about "
            "{gain:.2%} a year, its fee paid."
        ),
        "在建议组合的基础上，每再投入一单位资金，扣费后每年约使风险调整后收益变化{gain:.2%}。",
    ),
    # why not a better-known product
    "omitted_not_suitable": (
        "{product} is bought by {popularity:.1%} of clients, but it may not be offered to this client.",
        "{product}有{popularity:.1%}的客户购买，但不得向该客户提供。",
    ),
    "omitted_held": ("{product} is already held or has been bought.", "{product}已持有或曾买入。"),
    "omitted_ranked_lower": (
        "{product} has been bought by {popularity:.1%} of clients, but by relevance it is at place {rank} for this client.",
        "{product}有{popularity:.1%}的客户购买，但按与该客户的相关度仅排第{rank}位。",
    ),
    "omitted_fits_less": (
        "{product} is at place {rank} by taste, but what is shown does more for this portfolio.",
        "{product}按偏好排第{rank}位，但所推荐产品更有助于该组合。",
    ),
    "omitted_varies_less": (
        "{product} is at place {rank} by taste, but what is shown does more for this portfolio or makes the list more varied.",
        "{product}按偏好排第{rank}位，但所推荐产品更有助于该组合或使列表更多样。",
    ),
}
"""Code -> sentence in each of `LANGUAGES`; the names in braces are the reason's data."""

UNPLACED = {
    "no_product": ("no suitable product implements it", "没有合适的产品"),
    "too_small": ("it is below the smallest purchase of every suitable product", "低于所有合适产品的起购金额"),
    "beyond_picks": ("the picks asked for were used up on larger gaps; ask for more picks", "推荐数量已用于更大的缺口；可增加推荐数量"),
    "small_trade": ("it is below the smallest trade", "低于最小交易金额"),
    "no_cash": ("no money is left for it", "没有剩余资金"),
    "above_level": ("with it the portfolio would end above what the level allows", "若配置则组合将超出该等级允许的范围"),
    "kept_aside": ("no purchase of it fits without taking another asset beyond its target", "任何买入都会使其他资产超出目标"),
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

NO_RULES = ("none", "无")
"""Where no rule refuses a product."""

_LINES: dict[Language, dict[str, str]] = {
    language: {code: texts[i] for code, texts in SENTENCES.items()} for i, language in enumerate(LANGUAGES)
}


def reason(code: str, language: Language, rule_text: str = "", **data: Scalar) -> dict[str, Any]:
    """The fields of the `Reason` with this code, its sentence filled in; the `Advice` it goes into checks them all at once.

    >>> reason("level", "en", level=3, limit="horizon")["text"]
    'Risk level C3, decided by horizon.'
    """
    words: dict[str, Any] = {"rule_text": rule_text} | data
    if code == "unplaced":
        words |= {"why": UNPLACED[str(data["why"])][LANGUAGES.index(language)]}
    elif data.get("valid_until", "") is None:
        words |= {"valid_until": UNDATED[LANGUAGES.index(language)]}
    elif isinstance(limit := data.get("limit"), str):
        words |= {"limit": LIMITS[limit][LANGUAGES.index(language)] if limit in LIMITS else limit}
    elif data.get("rules") == "":
        words |= {"rules": NO_RULES[LANGUAGES.index(language)]}
    return {"code": code, "text": _LINES[language][code].format_map(words), "data": data}
