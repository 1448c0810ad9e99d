"""The web page: a questionnaire in steps and the advice, as plain HTML that works without scripts.

`page_router(find)` makes a FastAPI router for `/page/{tenant}`; every name is imported on first use.
"""

from advisor.adapters.extras import on_use

__all__ = ["page_router"]

__getattr__ = on_use(__name__, {"page_router": "routes"})
