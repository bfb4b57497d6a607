"""What must be right before any work begins: with it wrong, every video would be tried again without end."""

from __future__ import annotations

from functions.analyze.strategies import ANALYZERS
from functions.segment.strategies import SEGMENTERS
from functions.tag.strategies import TAGGERS
from functions.transcode.strategies import LADDERS
from shared.adapters.binaries import bundled, executable
from shared.bootstrap import Bootstrap
from shared.settings import Settings

__all__ = ["check_deployment"]


def check_deployment(wiring: Bootstrap) -> None:
    """Makes sure that the strategies, programs and models that the settings select are there.

    Raises:
        ConfigurationError: ``unknown_plugin``, ``tool_missing``, ``whisper_model_missing``, ``project_missing`` or
            ``no_google_credentials``.
    """
    settings = wiring.settings
    _check_strategies(settings)
    chosen = {"ffmpeg": settings.ffmpeg, "ffprobe": settings.ffprobe, "packager": settings.packager}
    for name, path in chosen.items():
        if path is None:
            bundled(name)
        else:
            executable(path)
    if settings.transcriber == "whisper":
        wiring.transcriber  # noqa: B018 - building it is what checks its model
    if "gemini" in settings.analyzers:
        wiring.vision_model  # noqa: B018 - as above, its project and credentials
    wiring.embedder  # noqa: B018 - as above


def _check_strategies(settings: Settings) -> None:
    LADDERS.check(settings.ladder)
    for registry, names in (
        (SEGMENTERS, settings.segmenters),
        (ANALYZERS, settings.analyzers),
        (TAGGERS, settings.taggers),
    ):
        for name in names:
            registry.check(name)
