"""Channels: how clients, advisers and other systems reach an advisor."""
