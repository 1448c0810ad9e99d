"""Compiles the loops of `advisor.native` when a wheel or an editable install is made.

The sdist holds sources only.
"""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _build_module(root: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        "advisor_native_build", Path(root) / "src/advisor/native/build.py"
    )
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{root} holds no src/advisor/native/build.py.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class CompiledLoops(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument]
    """One library a platform serves every Python from 3.11 on."""

    def dependencies(self) -> list[str]:
        """The pinned compiler, unless `ADVISOR_CC` names one."""
        return [] if os.environ.get("ADVISOR_CC") else [_build_module(self.root).ZIGLANG]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build beside the sources, where an editable install finds it, and put the library into
        the wheel in their place.
        """
        if self.target_name != "wheel":
            return
        build = _build_module(self.root)
        folder = (
            Path(self.directory) / "native" if os.environ.get("ADVISOR_TARGET") else build.FOLDER
        )
        folder.mkdir(parents=True, exist_ok=True)
        library = build.build(folder)
        target = build.own_target()
        pinned = target is not None and not os.environ.get("ADVISOR_CC")
        platform = (
            target.tag if pinned else sysconfig.get_platform().replace("-", "_").replace(".", "_")
        )
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        if version != "editable":
            for file in (library, library.with_name(build.wide_name(library))):
                if file.exists():
                    build_data["force_include"][str(file)] = f"advisor/native/{file.name}"
