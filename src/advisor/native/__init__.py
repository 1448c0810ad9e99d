"""The compiled loops in C, the only places that fix an order of summation, and their loader."""
