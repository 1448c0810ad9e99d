"""Behaviour."""
