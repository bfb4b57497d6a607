"""The use case of ingest: let nothing in that the later stages can't handle, and measure what comes in."""

from __future__ import annotations

from dataclasses import replace

from functions.ingest.fingerprint import fingerprint
from shared.ports.media_tool import MediaLimits, MediaTool
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["IngestStage"]


class IngestStage:
    """Downloads the upload once and probes it.

    Args:
        media_tool: Probes.
        limits: What an upload may be at most.
    """

    def __init__(self, media_tool: MediaTool, limits: MediaLimits) -> None:
        self._media_tool = media_tool
        self._limits = limits

    def run(self, context: StageContext) -> StageOutcome:
        source = context.source()
        media = self._media_tool.probe(source, self._limits, context)
        return StageOutcome(media=replace(media, fingerprint=fingerprint(source)))
