"""Answers and trades to risk profiles."""
