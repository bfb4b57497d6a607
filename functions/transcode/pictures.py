"""How the pictures are encoded: by one process, or in chunks by many where that is sooner done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from functions.transcode.chunks import ChunkedPictures
from functions.transcode.estimate import estimate
from functions.transcode.plan import plan_pictures, without_copy
from shared.domain.chunks import Chunking
from shared.domain.encoding import EncodingSettings, TranscodePlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Choice
from shared.logs import logger
from shared.ports.encoder import EncodedPictures, Encoder
from shared.ports.job_runner import TaskPool
from shared.processors.isolation import PLUGIN_FAILED
from shared.processors.ladder import LadderPlanner
from shared.processors.stage import StageContext

__all__ = ["Pictures"]

_WORTH_IT: Final = 0.8
"""In chunks if that takes at most this share of the time: it costs more, and has more that can fail."""

_DAMAGED: Final = (
    "The source's own pictures would do, but some of them are damaged: "
    "what is encoded looks the same in every player."
)


class Pictures:
    """Encodes pictures the way that suits them.

    Args:
        encoder: Looks and encodes.
        ladder: Chooses the renditions.
        settings: What is wanted.
        chunked: Encodes in chunks.
        cores: What this process has.
    """

    def __init__(
        self,
        encoder: Encoder,
        ladder: LadderPlanner,
        settings: EncodingSettings,
        chunked: ChunkedPictures,
        cores: float,
    ) -> None:
        self._encoder = encoder
        self._ladder = ladder
        self._settings = settings
        self._chunked = chunked
        self._cores = cores

    def encode(self, context: StageContext, media: MediaInfo) -> tuple[EncodedPictures, tuple[Choice, ...]]:
        """Returns the encoded pictures, and everything that was decided about them.

        Raises:
            PermanentError: ``corrupt`` or ``truncated``: the source can't be decoded (to its end).
            TransientError: The machine or a limit is at fault.
        """
        look = self._encoder.look(context.source(), media, context.workspace, context)
        ladder = self._ladder.plan(media, look, self._settings)
        if ladder.caveat:
            context.caveat(PLUGIN_FAILED, ladder.caveat)
        plan = plan_pictures(ladder.rungs, self._settings.preset, deinterlace=look.interlaced)
        pictures, mode = self._planned(context, media, plan)
        return pictures, (mode, *_as_made(ladder.choices, plan, pictures))

    def _planned(
        self, context: StageContext, media: MediaInfo, plan: TranscodePlan
    ) -> tuple[EncodedPictures, Choice]:
        chunked = self._chunked
        if not chunked.pool.workers:
            return self._whole(context, media, plan, "Nothing is there to run the tasks of chunks.")
        if reason := self._against(media, plan, chunked.pool):
            return self._whole(context, media, plan, reason)
        source = context.source()
        chunking = self._encoder.plan_chunks(source, media, plan, self._settings.chunk_s, context)
        if not chunking.chunks:
            return self._whole(context, media, plan, f"It can't be cut exactly: {chunking.reason}.")
        try:
            pictures = chunked.encode(context, media, plan, chunking)
        except PermanentError as error:
            if error.code != "inexact_cut":
                raise  # the sound's, or whatever else it is: not of the chunks
            logger().warning("chunks_given_up", detail=error.detail)
            return self._whole(context, media, plan, error.detail)
        value = f"chunked: {len(chunking.chunks)} x {self._settings.chunk_s:g} s"
        return pictures, Choice(subject="mode", value=value, reason=self._for(media, plan, chunked.pool, chunking))

    def _whole(
        self, context: StageContext, media: MediaInfo, plan: TranscodePlan, reason: str
    ) -> tuple[EncodedPictures, Choice]:
        source, folder = context.source(), context.workspace
        pictures = self._encoder.encode_pictures(source, media, plan, folder, context)
        if pictures.decode_errors and plan.rungs[0].copy:
            # What is damaged looks the same in every player once it is encoded, and may stop one as it is.
            pictures = self._encoder.encode_pictures(source, media, without_copy(plan), folder, context)
        return pictures, Choice(subject="mode", value="whole", reason=reason)

    def _against(self, media: MediaInfo, plan: TranscodePlan, pool: TaskPool) -> str:
        """Returns why not in chunks; nothing if that is worth a try."""
        if self._settings.chunks == "never":
            return "AUTOMATIONS_ENCODING__CHUNKS is never."
        if self._settings.chunks == "always":
            return ""
        expected = estimate(media, plan, pool, self._cores, self._settings.chunk_s)
        if expected.chunked_s > _WORTH_IT * expected.whole_s:
            return f"In chunks it would take about {expected.chunked_s:.0f} s, whole {expected.whole_s:.0f} s."
        return ""

    def _for(self, media: MediaInfo, plan: TranscodePlan, pool: TaskPool, chunking: Chunking) -> str:
        expected = estimate(media, plan, pool, self._cores, self._settings.chunk_s)
        told = "AUTOMATIONS_ENCODING__CHUNKS is always. " if self._settings.chunks == "always" else ""
        return (
            f"{told}Whole it would take about {expected.whole_s:.0f} s, with {pool.workers} chunks at a time "
            f"{expected.chunked_s:.0f} s; {chunking.reencoded_s:.1f} s are decoded twice."
        )


def _as_made(choices: Sequence[Choice], plan: TranscodePlan, pictures: EncodedPictures) -> tuple[Choice, ...]:
    """Returns what was decided, as far as it was not otherwise in the end."""
    encoded = {one.rung.name for one in pictures.rungs if not one.rung.copy}
    changed = {
        f"rung {rung.name}": f"{rung.max_bitrate_bps / 1e6:.2f} Mbit/s at most"
        for rung in plan.rungs
        if rung.copy and rung.name in encoded
    }
    return tuple(
        replace(choice, value=changed[choice.subject], reason=_DAMAGED) if choice.subject in changed else choice
        for choice in choices
    )
