"""The HTTP service: `service(Settings(...))` is a FastAPI application, to run or to mount.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.channels.http.application import service
    from advisor.adapters.channels.http.run import serve, work
    from advisor.adapters.channels.http.settings import ApiKey, Bearer, Settings, TenantSettings, new_api_key

__all__ = ["ApiKey", "Bearer", "Settings", "TenantSettings", "new_api_key", "serve", "service", "work"]

__getattr__ = on_use(
    __name__,
    {
        "ApiKey": "settings",
        "Bearer": "settings",
        "Settings": "settings",
        "TenantSettings": "settings",
        "new_api_key": "settings",
        "serve": "run",
        "service": "application",
        "work": "run",
    },
)
