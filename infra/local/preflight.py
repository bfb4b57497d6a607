"""What must be right before any work begins: with it wrong, every video would be tried again without end."""

from __future__ import annotations

from infra.local.strategies import check_selected
from shared.adapters.binaries import bundled, executable
from shared.bootstrap import Bootstrap

__all__ = ["check_deployment"]


def check_deployment(wiring: Bootstrap) -> None:
    """Makes sure that the strategies, programs and models that the settings select are there.

    Raises:
        ConfigurationError: ``unknown_plugin``, ``ambiguous_plugin``, ``tool_missing``, ``whisper_model_missing``,
            ``project_missing`` or ``no_google_credentials``.
    """
    settings = wiring.settings
    check_selected(settings)
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
