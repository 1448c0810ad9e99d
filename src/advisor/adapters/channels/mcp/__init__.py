"""Tools for a chat client through the Model Context Protocol: `chat(tenant)` is a server of the
library `mcp`.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
