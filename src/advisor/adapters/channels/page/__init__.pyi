from advisor.adapters.channels.page.routes import page_router as page_router

__all__ = [
    "page_router",
]
