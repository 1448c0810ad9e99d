"""Tools for a chat client through the Model Context Protocol: `chat(tenant)` is a server of the library `mcp`.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.channels.mcp.server import chat

__all__ = ["chat"]

__getattr__ = on_use(__name__, {"chat": "server"})
