"""Regimes applied: verdicts with the rules that fired, and masks."""
