"""The compiled loops as plain Python, equal to the bit: what the C files are held against."""
