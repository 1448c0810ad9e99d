"""The one table of public names: topic -> module -> names. The lazy loaders and the type stubs are made from it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from advisor.errors import InputError

PUBLIC: dict[str, dict[str, str]] = {
    "errors": {
        "": "AdapterError AdvisorError InfeasibleError InputError SolverError StoppedError",
    },
    "contracts": {
        "advice": "Advice Binding Order Pick Reason Status Verification",
        "answer_sheet": "AnswerSheet",
        "bands": "RiskBands",
        "base": "Contract",
        "client": "Client Goal",
        "cut_offs": "CutOffs",
        "event": "EVENT_TYPES Event Moment",
        "fields": "CalendarDay Flag Id Money Row Word WordsById",
        "mandate": "GroupLimit LinearLimit Mandate",
        "product": "Product",
        "questionnaire": "Option Question Questionnaire",
        "report": "AdviceReport FrontierReport ProfileReport",
        "rules": "Rule RulePack",
        "signed": "Signed",
        "target_market": "TargetMarket",
    },
    "contracts.schemas": {
        "": "schemas",
    },
    "data": {
        "biases": "BiasProfiles",
        "catalogue": "Catalogue",
        "clients.sources": "clients_from_arrow",
        "clients.table": "ClientTable",
        "csv_layout": "ClientFiles",
        "eligibility": "Eligibility Verdict",
        "interactions": "Interactions",
        "market": "Market",
        "profiles": "RiskProfile RiskProfiles",
        "ranking": "Ranking",
        "returns": "ReturnModel",
        "trades": "Trades",
    },
    "risk_profile": {
        "assessments": "AssessmentHistory HistoryLimits",
        "biases.choices": "LossAversionPrior",
        "biases.measure": "measure_biases",
        "biases.population": "bootstrap_disposition",
        "capacity": "CapacityRules",
        "counterfactual": "Counterfactual smallest_change",
        "joint": "joint_clients joint_profiles",
        "profile": "level_causes profile_risk",
        "psychometrics.graded_response": "GradedResponseModel",
        "psychometrics.reliability": ("Reliability omega reliability spearman_brown standard_error_of_measurement"),
    },
    "suitability": {
        "changes": "PackChange compare_packs",
        "group_rates": "age_groups fairness",
        "portfolio": "concentration legacy_holdings portfolio_suits rate_portfolio",
        "regime": "Regime",
    },
    "optimize": {
        "batch.costs": "TradingCost",
        "batch.portfolios": "Portfolios optimal_portfolios",
        "behaviour.correction_report": (
            "AdaptationPolicy CorrectionReport adaptation_box certainty_equivalent_cost correct_risk_aversion report_correction"
        ),
        "behaviour.mental_accounts": "Account AccountPortfolio AccountsPlan mental_accounts",
        "behaviour.prospect": "Prospect at_prospect prospect_value",
        "discrete": "DiscreteAllocation discrete_allocation",
        "frontier.frontier": "Frontier trace_frontier",
        "portfolio": "Portfolio optimal_portfolio",
        "preferences.corrections": "BiasEvidence BiasPolicy",
        "preferences.preferences": "Preferences loss_averse_risk_aversion",
        "program.limits": "CvarLimit ProgramLimits",
        "program.program": "Program ProgramSolution",
        "returns.assumptions": "from_assumptions",
        "returns.currency": "after_costs hedge_share in_home_currency",
        "returns.estimate": "EstimateSettings estimate_returns",
        "returns.forecast": "forecast_covariance",
        "returns.moments": "Moments RunningMoments",
        "returns.positive_semidefinite": "PsdRepair nearest_psd",
        "returns.smoothing": "Desmoothed desmooth",
        "returns.views": "Equilibrium View",
        "scenarios.certificate": "Scenarios",
        "scenarios.portfolios": ("ScenarioPortfolios optimal_over_scenarios scenario_utility"),
    },
    "recommend": {
        "calibrating": "calibrate",
        "calibration": "Calibration",
        "coverage": "Coverage",
        "windows": "past_windows",
        "model.contributions": "Contribution",
        "missing_products": "Omission omissions",
        "portfolio_fit.picks": "Picks pick_products",
        "portfolio_fit.utility": "diversify exposure_similarity portfolio_utility trade_off",
        "recipes.association": "Association",
        "recipes.blend": "Blend",
        "recipes.cold_start": "ColdStart",
        "recipes.content": "Content",
        "recipes.factors": "ALS BPR",
        "recipes.item_based": "EASE ItemKNN RandomWalk",
        "recipes.mvecf": "MVECF",
        "recipes.popularity": "Demographic Popularity",
        "recipes.recipe": "Recipe",
        "recipes.tuning": "Tuning",
    },
    "lifecycle": {
        "goals.fan": "WealthFan wealth_fan",
        "goals.glide_path": "glide_path human_capital human_capital_path",
        "goals.goal_plan": ("FundedGoal GoalPlan goal_floor plan_goals required_saving required_wealth"),
        "goals.goal_portfolios": "goal_portfolios",
        "goals.goals": "GoalOdds goal_success lognormal_rates",
        "goals.optimal_path": "OptimalPath optimal_glide_path",
        "goals.timeline": "Timeline life_timeline",
        "monitoring.holdings_review": "HoldingLine HoldingsReview review_holdings",
        "monitoring.review": "ClientStates ReviewRules Reviews TRIGGERS Trigger review",
        "monitoring.scenarios": (
            "HISTORICAL Scenario WINDOWS blend_correlation factor_scenario replay_scenario scenario stressed_covariance"
        ),
        "monitoring.stress": "RED_LINE StressReport parametric_loss stress_test",
        "trading.bands": "Due RebalancePolicy band_edges rebalancing_due",
        "trading.cash_flow": "FlowPlan allocate_flow drift",
        "trading.no_trade": ("holding_is_optimal no_trade_half_width no_trade_region one_period_half_width"),
        "trading.rebalance": "Rebalance inside_bands rebalance",
        "trading.switch": "SwitchTest switch_benefit",
        "wealth.costs": "CostReport ProductCosts ex_ante_costs ex_post_costs",
        "wealth.household": "Household Position",
        "wealth.model_portfolios": "HouseView ModelPortfolio",
        "wealth.reserve": "LifeEvent event_table liquidity_reserve reserve_limit reserve_share",
        "wealth.tax_lots": "LotSale TaxLots sell_lots",
    },
    "measures": {
        "bootstrap": "Interval block_interval interval paired_difference resampled_means",
        "calibration": "ReliabilityCurve Threshold reliability_curve threshold_for_precision wilson_low",
        "exposure": "coverage diversity exposure_counts gini list_mean novelty popularity_lift",
        "portfolio": (
            "annual_return beta calmar_ratio conditional_value_at_risk downside_deviation "
            "drawdowns effective_number hit_ratio information_ratio kurtosis max_drawdown "
            "mean_return portfolio_volatility risk_contributions sharpe_ratio skewness "
            "sortino_ratio tracking_error turnover value_at_risk volatility"
        ),
        "ranking": "average_precision hit_rate mark_hits ndcg precision recall reciprocal_rank",
    },
    "engine": {
        "advisor": "Advisor",
        "batch": "AdviceBatch",
        "orders.settings": "TradeSettings",
        "output.reasons": "sentences",
        "output.states": "PortfolioStates states_after",
    },
    "evaluate": {
        "backtesting.backtest": "backtest backtest_many",
        "backtesting.estimates": "Estimates",
        "backtesting.policies": "FixedMix MeanVariancePolicy equal_weight hold level_policies",
        "backtesting.result": "BacktestResult",
        "backtesting.result_set": "BacktestResults",
        "backtesting.sharpe": ("SharpeTest compare_sharpe deflate deflated_sharpe_ratio expected_best_sharpe probabilistic_sharpe_ratio"),
        "backtesting.statistics": "block_length bootstrap_interval",
        "backtesting.terms": "Terms",
        "match.check": "SuitabilityCheck recheck",
        "match.match": "evaluate_match",
        "match.off_policy": "LoggedChoices OffPolicyReport off_policy softmax_policy",
        "match.over_time": "TimeComparison compare_over_time",
        "match.probability": "ProbabilityReport evaluate_probability",
        "match.report": "MatchReport Score",
        "match.returns": "MoneyReport evaluate_money",
        "match.split": "TemporalSplit temporal_split temporal_splits",
        "risk.report": "RiskMatchReport",
        "risk.risk": "evaluate_risk",
    },
    "reports": {
        "client_page": "advice_page advice_pdf advice_section",
        "client_view": "missing_names",
        "figures": (
            "plot_allocation plot_backtest plot_backtests plot_drawdowns plot_frontier plot_glide_path plot_reliability plot_risk_match"
        ),
    },
    "runs": {
        "proof": "Proof verify_rows",
        "replaying": "Difference Replay replay",
        "stream": "Summary advise_stream",
    },
    "store": {
        "": "load save",
    },
}
"""Topic (a package, or a module at the root) -> module in it -> the public names it defines."""

HEADLINES = (
    "Advice Advisor AdviceBatch Blend Catalogue Client ClientTable EASE Goal InputError "
    "Interactions Mandate Market Popularity Preferences Product Questionnaire Regime "
    "ReturnModel RiskBands Trades backtest estimate_returns evaluate_match evaluate_risk load "
    "measure_biases optimal_portfolio profile_risk save trace_frontier"
)
"""What `from advisor import *` gives: the nouns, the verbs and the recipes of a first day."""

NAMESPACES = ("lifecycle", "measures")
"""Topics whose names are reached through the topic alone; all others are importable from the root."""

TOPICS = tuple(topic for topic in PUBLIC if topic not in {"errors", "contracts.schemas", "store"})
"""Packages with a public `__init__`."""

EXTRAS = {"pyarrow": "arrow", "matplotlib": "plot", "tqdm": "progress", "sklearn": "sklearn"}
"""Library -> the extra that installs it."""

NEEDS = {"runs": "pyarrow"}
"""Topic -> the library without which nothing of it can be imported."""

WHOLE = ("privacy", "sample")
"""Modules that are public as a whole."""


def homes(package: str) -> dict[str, str]:
    """Public name -> full name of its module, for the root `advisor` or a topic such as `advisor.optimize`."""
    root, _, topic = package.partition(".")
    topics = [topic] if topic else [name for name in PUBLIC if name not in NAMESPACES]
    return {
        name: f"{root}.{here}.{module}".removesuffix(".")
        for here in topics
        for module, names in PUBLIC[here].items()
        for name in names.split()
    }


def lazy(package: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package that imports each name on first use.

    Args:
        package: full name of the package, `__name__` in its `__init__`.
    """
    home = homes(package)
    root = "." not in package
    modules = (*TOPICS, *WHOLE) if root else ()

    def load(name: str) -> Any:
        if name == "__version__" and root:
            return import_module("importlib.metadata").version("advisor")
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(import_module(home[name]), name)
        except ModuleNotFoundError as error:
            raise InputError(
                f"advisor.{name} needs {error.name}, which is not installed; "
                f"pip install 'advisor[{EXTRAS.get(error.name or '', 'stack')}]'.",
                field=name,
                value=None,
            ) from error
        setattr(import_module(package), name, value)  # the next access does not come here
        return value

    def listing() -> list[str]:
        return sorted({*modules, *(name for name in home if _importable(home[name]))})

    return sorted(HEADLINES.split() if root else home), load, listing


def _importable(module: str) -> bool:
    """Whether what the module's topic needs is installed, so that `help` and completion pass over the rest."""
    library = NEEDS.get(module.split(".")[1])
    try:
        return library is None or find_spec(library) is not None
    except ValueError:  # the library is hidden from this process
        return False


def stub(package: str) -> str:
    """The text of the package's `__init__.pyi`, which tells type checkers what the loader gives."""
    home = homes(package)
    public = lazy(package)[0]
    root = "." not in package
    lines = [f"from {module} import {name} as {name}" for name, module in home.items()]
    if root:
        lines += [f"from {package} import {name} as {name}" for name in (*TOPICS, *WHOLE)]
    listed = "".join(f'    "{name}",\n' for name in public)
    version = "__version__: str\n" if root else ""
    return "\n".join(sorted(lines)) + f"\n\n{version}__all__ = [\n{listed}]\n"


def write_stubs(root: Path) -> None:
    """Write each `__init__.pyi` below the package folder `root`."""
    for package in ("advisor", *(f"advisor.{topic}" for topic in TOPICS)):
        folder = root.joinpath(*package.split(".")[1:])
        (folder / "__init__.pyi").write_text(stub(package), encoding="utf-8")


if __name__ == "__main__":
    write_stubs(Path(__file__).parent)
