"""The HTTP service: `service(Settings(...))` is a FastAPI application, to run or to mount.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from advisor.exports import lazy

__all__, __getattr__, __dir__ = lazy(__name__)
