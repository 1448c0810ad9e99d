"""Psychometrics."""
