"""Robo-advice as a library: Market, Client, Advice; advise."""
