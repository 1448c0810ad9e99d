from advisor.adapters.channels.http.application import serve as serve
from advisor.adapters.channels.http.application import service as service
from advisor.adapters.channels.http.application import work as work
from advisor.adapters.channels.http.settings import ApiKey as ApiKey
from advisor.adapters.channels.http.settings import Bearer as Bearer
from advisor.adapters.channels.http.settings import Settings as Settings
from advisor.adapters.channels.http.settings import TenantSettings as TenantSettings
from advisor.adapters.channels.http.settings import new_api_key as new_api_key

__all__ = [
    "ApiKey",
    "Bearer",
    "Settings",
    "TenantSettings",
    "new_api_key",
    "serve",
    "service",
    "work",
]
