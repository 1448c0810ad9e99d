"""The same advice for a partition of clients on every engine: one picklable function, and a screenful for each engine that calls it."""
