"""Return models, the exact frontier, behavioural preferences, batch solvers."""
