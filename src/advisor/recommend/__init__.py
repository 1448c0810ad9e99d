"""Recipes that learn taste, and the masked ranking that only lets suitable products through."""
