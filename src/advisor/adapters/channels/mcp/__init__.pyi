from advisor.adapters.channels.mcp.server import chat as chat

__all__ = [
    "chat",
]
