"""The rooms joined: one client or many, one engine."""
