"""Judging: match, risk, backtests, off-policy."""
