"""Advice that lives with the client: rebalancing, glide paths, goals, stress, review."""
