"""The web page: a questionnaire in steps and the advice, as plain HTML that works without scripts.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.channels.page.routes import page_router

__all__ = ["page_router"]

__getattr__ = on_use(__name__, {"page_router": "routes"})
