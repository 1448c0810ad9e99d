"""Walk-forward backtests of policies."""
