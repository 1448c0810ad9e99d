"""Universe."""
