from advisor.reports.client_page import advice_page as advice_page
from advisor.reports.client_page import advice_pdf as advice_pdf
from advisor.reports.client_page import advice_section as advice_section
from advisor.reports.client_view import missing_names as missing_names
from advisor.reports.figures import plot_allocation as plot_allocation
from advisor.reports.figures import plot_backtest as plot_backtest
from advisor.reports.figures import plot_backtests as plot_backtests
from advisor.reports.figures import plot_drawdowns as plot_drawdowns
from advisor.reports.figures import plot_frontier as plot_frontier
from advisor.reports.figures import plot_glide_path as plot_glide_path
from advisor.reports.figures import plot_reliability as plot_reliability
from advisor.reports.figures import plot_risk_match as plot_risk_match
from advisor.reports.pages import to_pdf as to_pdf

__all__ = [
    "advice_page",
    "advice_pdf",
    "advice_section",
    "missing_names",
    "plot_allocation",
    "plot_backtest",
    "plot_backtests",
    "plot_drawdowns",
    "plot_frontier",
    "plot_glide_path",
    "plot_reliability",
    "plot_risk_match",
    "to_pdf",
]
