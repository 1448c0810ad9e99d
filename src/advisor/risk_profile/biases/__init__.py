"""Biases."""
