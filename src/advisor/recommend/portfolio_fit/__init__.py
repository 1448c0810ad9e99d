"""Portfolio fit."""
