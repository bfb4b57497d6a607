"""Pictures encoded in chunks are those that are encoded whole: frame by frame, key frame by key frame."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.packager import ShakaPackager
from shared.domain.chunks import Chunking
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import PermanentError, TransientError
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedPictures, EncodedRung
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.chunk_sources import EXACT, LIKE_SOURCE, OPEN_ENDED, REFUSED, X264, moving
from tests.media.shown_times import shown_times
from tests.media.transcodes import MakeClip, small_plan

CHUNK_S = 2.0


@dataclass(frozen=True)
class Sources:
    """The clips, which may be made of one another."""

    make: MakeClip

    def path(self, name: str) -> Path:
        arguments = (self._resolved(argument) for argument in EXACT[name])
        return self.make(name, *arguments)

    def _resolved(self, argument: str) -> str:
        return str(self.path(argument[1:-1])) if argument.startswith("{") else argument


@pytest.fixture
def sources(make_clip: MakeClip) -> Sources:
    return Sources(make_clip)


@dataclass(frozen=True)
class Both:
    """A source encoded both ways."""

    media: MediaInfo
    plan: TranscodePlan
    chunking: Chunking
    whole: EncodedPictures
    joined: EncodedPictures


class InChunks:
    """Encodes in chunks, one after the other, in this process."""

    def __init__(self, tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext) -> None:
        self._tool = tool
        self._encoder = encoder
        self._session = session

    def plan(self, source: Path, **top: Any) -> tuple[MediaInfo, TranscodePlan, Chunking]:
        media = self._tool.probe(source, MediaLimits(), self._session)
        width, height = media.video[0].display_size
        plan = small_plan((width, height), (width // 4 * 2, height // 4 * 2))
        plan = replace(plan, rungs=(replace(plan.rungs[0], **top), *plan.rungs[1:]))
        return media, plan, self._encoder.plan_chunks(source, media, plan, CHUNK_S, self._session)

    def both(self, source: Path, **top: Any) -> Both:
        """Encodes both ways, the top rung otherwise than usual."""
        media, plan, chunking = self.plan(source, **top)
        assert chunking.reason == ""
        assert len(chunking.chunks) >= 3
        folder = self._folder("whole")
        whole = self._encoder.encode_pictures(source, media, plan, folder, self._session)
        return Both(media, plan, chunking, whole, self.joined(source, media, plan, chunking))

    def joined(self, source: Path, media: MediaInfo, plan: TranscodePlan, chunking: Chunking) -> EncodedPictures:
        encoded = []
        for chunk in chunking.chunks:
            folder = self._folder(f"chunk-{chunk.index}")
            piece = folder / "piece.nut"
            self._encoder.cut(source, media, chunking, chunk, piece, self._session)
            pictures = self._encoder.encode_chunk(piece, media, plan, chunking, chunk, folder, self._session)
            assert pictures.decode_errors == 0
            encoded.append(pictures)
        folder = self._folder("joined")
        rungs = [EncodedRung(rung=rung, path=folder / f"{rung.name}.mp4") for rung in plan.rungs]
        for index, made in enumerate(one for one in rungs if not one.rung.copy):
            self._encoder.join([one.rungs[index].path for one in encoded], made.path)
        for made in rungs:
            if made.rung.copy:
                self._encoder.copy_pictures(source, media, made, self._session)
        self._encoder.join([one.proxy for one in encoded], folder / "proxy.mp4")
        frames = sum(one.frames for one in encoded)
        return EncodedPictures(rungs=tuple(rungs), proxy=folder / "proxy.mp4", frames=frames, decode_errors=0)

    def _folder(self, name: str) -> Path:
        folder = self._session.workspace / name
        folder.mkdir()
        return folder


@pytest.fixture
def in_chunks(tool: FfmpegMediaTool, encoder: FfmpegEncoder, session: FakeStageContext) -> InChunks:
    return InChunks(tool, encoder, session)


def ssim(one: Path, other: Path, graph: str) -> float:
    """Returns how alike two files are, 0..1."""
    run = subprocess.run(
        [str(bundled("ffmpeg")), "-nostdin", "-i", str(one), "-i", str(other), "-lavfi", graph, "-f", "null", "-"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return float(run.stderr.rpartition("All:")[2].split()[0])


@pytest.mark.parametrize("name", EXACT)
def test_chunks_put_together_are_the_whole(
    sources: Sources, in_chunks: InChunks, session: FakeStageContext, name: str
) -> None:
    source = sources.path(name)
    both = in_chunks.both(source)
    assert both.joined.frames == both.whole.frames
    for whole, joined in zip(both.whole.rungs, both.joined.rungs, strict=True):
        assert shown_times(joined.path) == shown_times(whole.path)
    shown = [time for time, _ in shown_times(both.whole.proxy)]
    assert [time for time, _ in shown_times(both.joined.proxy)] == shown
    # Each picture is the one that the whole has at that time, and no worse: compared with its own source.
    assert ssim(both.joined.proxy, both.whole.proxy, "ssim") > 0.97
    top, first = both.whole.rungs[0].path, both.joined.rungs[0].path
    assert ssim(first, top, "ssim") > 0.97
    if name in LIKE_SOURCE:
        assert ssim(first, source, "ssim") == pytest.approx(ssim(top, source, "ssim"), rel=0.002)
    whole_lengths, joined_lengths = playlists(both, session)
    assert len(whole_lengths) == len(joined_lengths) >= (8 if name == "screen.mp4" else 16)
    if name in OPEN_ENDED:
        whole_lengths, joined_lengths = but_the_last(whole_lengths), but_the_last(joined_lengths)
    assert whole_lengths == joined_lengths


def but_the_last(lengths: list[str]) -> list[str]:
    """Returns the lengths of all segments but the last ones of both rungs."""
    each = len(lengths) // 2
    return [*lengths[: each - 1], *lengths[each:-1]]


def playlists(both: Both, session: FakeStageContext) -> tuple[list[str], list[str]]:
    """Returns the lengths of all segments of both."""
    found = []
    for kind, pictures in (("whole", both.whole), ("joined", both.joined)):
        folder = session.workspace / f"stream-{kind}"
        folder.mkdir()
        packaging = ShakaPackager().package(pictures.rungs, (), (), 1.0, folder, session)
        lines = [line for path in packaging.playlists for line in path.read_text().splitlines()]
        found.append([line for line in lines if line.startswith("#EXTINF")])
    return found[0], found[1]


@pytest.mark.parametrize("codec", ["hevc", "av1"])
@pytest.mark.parametrize("name", ["ntsc.mp4", "phone.mp4"])
def test_other_codecs_are_as_exact(
    sources: Sources, in_chunks: InChunks, session: FakeStageContext, name: str, codec: str
) -> None:
    source = sources.path(name)
    both = in_chunks.both(source, codec=codec)
    top, joined = both.whole.rungs[0].path, both.joined.rungs[0].path
    assert shown_times(joined) == shown_times(top)
    assert ssim(joined, source, "ssim") == pytest.approx(ssim(top, source, "ssim"), rel=0.004)
    whole_lengths, joined_lengths = playlists(both, session)
    if (name, codec) == ("phone.mp4", "av1"):
        # For how long its last frame is shown, FFmpeg's AV1 encoder forgets; joined, it is as in the source.
        whole_lengths, joined_lengths = but_the_last(whole_lengths), but_the_last(joined_lengths)
    assert whole_lengths == joined_lengths


@pytest.mark.parametrize("kind", ["mp4", "ts"])
def test_a_source_that_is_a_rung_itself_is_copied_beside_chunks_of_the_others(
    make_clip: MakeClip, in_chunks: InChunks, session: FakeStageContext, kind: str
) -> None:
    closed = ("-g", "12", "-keyint_min", "12", "-sc_threshold", "0")
    source = make_clip(f"own.{kind}", *moving("24"), "-f", "lavfi", "-i", "sine=d=8", *X264, *closed)
    both = in_chunks.both(source, copy=True)
    assert both.joined.rungs[0].path.read_bytes() == both.whole.rungs[0].path.read_bytes()
    assert shown_times(both.joined.rungs[1].path) == shown_times(both.whole.rungs[1].path)
    whole, joined = playlists(both, session)
    assert whole == joined
    # The segments of one rung begin where the other's do.
    assert joined[: len(joined) // 2] == joined[len(joined) // 2 :]


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_cut_exactly_or_is_not_worth_it_stays_whole(
    make_clip: MakeClip, in_chunks: InChunks, name: str
) -> None:
    arguments, reason = REFUSED[name]
    _, _, chunking = in_chunks.plan(make_clip(name, *arguments))
    assert chunking.chunks == ()
    assert reason in chunking.reason


@pytest.mark.parametrize("starts_s", [(0, 3600), (0, 2)], ids=["onwards", "back"])
def test_a_transport_stream_whose_clock_jumps_stays_whole(
    make_clip: MakeClip, in_chunks: InChunks, starts_s: tuple[int, int]
) -> None:
    parts = [
        make_clip(f"{start}.ts", *moving("25"), "-t", "4", *X264, "-g", "20", "-output_ts_offset", str(start))
        for start in starts_s
    ]
    jumping = parts[0].with_name("jumping.ts")
    jumping.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert in_chunks.plan(jumping)[2].reason == "its clock jumps"


def test_pictures_that_are_renewed_bit_by_bit_are_no_key_frames(make_clip: MakeClip, in_chunks: InChunks) -> None:
    refreshed = make_clip("refreshed.mkv", *moving("25"), *X264, "-x264-params", "intra-refresh=1:keyint=40")
    media, plan, chunking = in_chunks.plan(refreshed)
    with pytest.raises(PermanentError, match="bit by bit"):
        in_chunks.joined(refreshed, media, plan, chunking)


def test_files_that_do_not_belong_together_are_not_put_together(
    sources: Sources, in_chunks: InChunks, encoder: FfmpegEncoder, tmp_path: Path
) -> None:
    both = in_chunks.both(sources.path("25.mp4"))
    large, small = (rung.path for rung in both.joined.rungs)
    with pytest.raises(PermanentError, match="inexact_cut"):
        encoder.join([large, small], tmp_path / "mixed.mp4")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(large.read_bytes()[:-10])
    with pytest.raises(TransientError, match="incomplete"):
        encoder.join([large, cut], tmp_path / "short.mp4")
