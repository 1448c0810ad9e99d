"""Advice proved again: recompute (by other means), compare (to the bit), report (in sentences)."""
