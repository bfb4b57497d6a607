"""A file's way through ingest and transcode with the real tools, where nothing is there to run tasks of chunks."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Final
from unittest.mock import create_autospec

from functions.ingest.stage import IngestStage
from functions.transcode.chunks import ChunkedPictures
from functions.transcode.pictures import Pictures
from functions.transcode.stage import TranscodeStage
from functions.transcode.strategies.standard import StandardLadder
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.packager import ShakaPackager
from shared.domain.encoding import EncodingSettings
from shared.domain.records import Record
from shared.ports.encoder import Encoder
from shared.ports.job_runner import TaskPool
from shared.ports.media_tool import MediaLimits, MediaTool
from shared.ports.packager import Packager
from shared.processors.strategy import StrategyPorts
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.stage_context import FakeStageContext

__all__ = ["LADDER", "transcoded", "whole_stage"]

LADDER: Final = StandardLadder(create_autospec(StrategyPorts))


def whole_stage(media_tool: MediaTool, encoder: Encoder, packager: Packager) -> TranscodeStage:
    """Returns the stage as the default settings have it, but for chunks."""
    opened = create_autospec(nullcontext)  # never: there are no workers
    nobody = TaskPool(function="encode", timeout_s=1, workers=0, cores=1, start_s=0, opened=opened)
    chunked = ChunkedPictures(encoder, InMemoryBlobStore(), "media", nobody)
    settings = EncodingSettings()
    return TranscodeStage(
        media_tool, encoder, packager, Pictures(encoder, LADDER, settings, chunked, cores=1), settings
    )


def transcoded(path: Path, context: FakeStageContext) -> tuple[Record, ...]:
    """Takes a file through both stages, and returns what transcode left."""
    tool = FfmpegMediaTool()
    context.source_file = path
    context.media = IngestStage(tool, MediaLimits()).run(context).media
    return whole_stage(tool, FfmpegEncoder(), ShakaPackager()).run(context).records
