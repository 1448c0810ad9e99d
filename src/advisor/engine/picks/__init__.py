"""Picks."""
