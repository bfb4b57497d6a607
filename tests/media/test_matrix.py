"""Every container, codec and feature through ingest and transcode: what comes out looks and sounds right."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from functions.transcode.plan import plan_pictures
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import EncodingSettings
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Rendition
from shared.ports.media_tool import Frame
from shared.testing.stage_context import FakeStageContext
from tests.media.combing import combed, luma_of
from tests.media.matrix_files import make
from tests.media.matrix_row import MARK_S, Row
from tests.media.matrix_rows import ROWS
from tests.media.streams_check import check_dash, check_hls
from tests.media.sync import beep_s
from tests.media.whole_run import LADDER, transcoded
from tests.result_table import ResultTable, shared_temp

_SYNC_S = 0.010
_LATE_S = 0.1
# The share of pixels that stick out where fields are woven.
_COMBED = 0.002
# Red and blue's shares of luma.
_MATRICES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt470bg": (0.299, 0.114)}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of sources, the same for all workers of a test run."""
    folder = shared_temp(tmp_path_factory) / "matrix"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    """Takes in a line a row and writes them down."""
    columns = ("file", "pictures", "shown", "rungs", "colours", "frames", "A/V ms", "patch off by", "s")
    table = ResultTable(tmp_path_factory, "matrix", columns)
    yield table
    table.write()


class Made:
    """A source and what became of it."""

    def __init__(self, row: Row, source: Path, context: FakeStageContext) -> None:
        self.row, self.source, self.context, self.tool = row, source, context, FfmpegMediaTool()
        self._frames = dict[Path, list[Frame]]()
        records = transcoded(source, context)
        assert context.media is not None
        self.media: MediaInfo = context.media
        self.renditions = [record for record in records if isinstance(record, Rendition)]
        self.artifacts = [record for record in records if isinstance(record, Artifact)]

    def artifact(self, role: str) -> Path:
        (found,) = [found for found in self.artifacts if found.role == role]
        return self.context.stored(found.object)

    def of(self, kind: str) -> list[Rendition]:
        return [found for found in self.renditions if found.kind == kind]

    def path(self, rendition: Rendition) -> Path:
        return self.context.stored(rendition.object)

    def frames(self, path: Path) -> list[Frame]:
        """Returns small frames of a file, which is decoded once."""
        if path not in self._frames:
            self._frames[path] = list(self.tool.frames(path, (32, 32), self.context))
        return self._frames[path]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row, made: Path, session: FakeStageContext, table: ResultTable) -> None:
    source = make(row, made)
    started = time.monotonic()
    done = Made(row, source, session)
    took_s = time.monotonic() - started
    tops = done.of("video")[0], done.of("mp4")[0]
    times = _check_times(done)
    _check_sizes(done)
    off = max(_check_picture(done, top) for top in tops)
    sync = _check_sync(done)
    _check_fields(done)
    names = [found.name for found in done.of("video")]
    slack_s = 1 / float(done.media.video[0].fps) + 0.001
    seconds = float(times[-1] - times[0]) + slack_s
    check_hls(done.artifact("hls"), names, seconds, slack_s)
    longest_s = max(seconds, *(found.duration_s for found in done.of("audio")), 0.0)
    check_dash(done.artifact("dash"), names, (seconds, longest_s), slack_s)
    assert not session.caveats
    video = done.media.video[0]
    shown = "x".join(map(str, video.display_size))
    coded = f"{video.codec} {video.pixel_format} {video.width}x{video.height}"
    figures = (str(tops[0].frames), sync, f"{off:.1f}", f"{took_s:.1f}")
    table.add(row.name, coded, shown, " ".join(names), "/".join(row.tags), *figures)


def _check_times(done: Made) -> npt.NDArray[np.float64]:
    """Every frame of the source is there, when the source shows it; counted from the container's start.

    A first frame that comes late is there from the start in what is played. Returns the times in that.
    """
    shown = _source_times(done.source)
    proxy = np.array([frame.time_s for frame in done.frames(done.artifact("proxy"))])
    assert len(proxy) == len(shown) == done.media.video[0].frames
    assert np.abs(proxy - shown).max() <= 0.0011
    if shown[0] > _LATE_S:
        shown[0] = 0.0
    for found in done.of("video") + done.of("mp4"):
        own = np.array([frame.time_s for frame in done.frames(done.path(found))])
        frame_s = 1 / min(float(done.media.video[0].fps), done.row.max_fps or 240)
        if done.row.max_fps is None:
            assert len(own) == found.frames == len(shown), "not one picture a frame"
            assert np.abs(own - shown).max() <= 0.0011
        else:
            expected = (shown[-1] - shown[0] + frame_s) * done.row.max_fps
            assert len(own) == found.frames == pytest.approx(expected, abs=1)
            assert (np.abs(own[:, None] - shown).min(axis=1) <= 0.5 / done.row.max_fps).all()
        assert own[-1] - own[0] == pytest.approx(shown[-1] - shown[0], abs=frame_s)
    return shown


def _source_times(path: Path) -> npt.NDArray[np.float64]:
    """Returns when FFmpeg shows the source's frames, counted from the container's start.

    AVI's start with 0: FFmpeg takes the time at which its decoder lets go of a frame for the frame's own.
    """
    probe = [str(bundled("ffprobe")), "-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0"]
    start = subprocess.run([*probe, f"file:{path}"], check=True, capture_output=True, text=True, timeout=60).stdout
    command = [str(bundled("ffmpeg")), "-v", "error", "-copyts", "-i", f"file:{path}", "-map", "0:v:0"]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "pipe:1"]
    run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    (tick_s,) = re.findall(r"#tb 0: (\S+)", run.stdout)
    ticks = [int(line.split(",")[2]) for line in run.stdout.splitlines() if not line.startswith("#")]
    times: npt.NDArray[np.float64] = np.array(ticks) * float(Fraction(tick_s))
    times -= times[0] if path.suffix == ".avi" else float(start) if start.strip() != "N/A" else 0
    return times


def _check_sizes(done: Made) -> None:
    width, height = done.row.shown or done.row.size
    top = done.of("video")[0]
    assert (top.width, top.height) == (width, height)
    for found in done.of("video"):
        assert found.width is not None
        assert found.height is not None
        assert found.width / found.height == pytest.approx(width / height, abs=2 / found.height)


def _check_picture(done: Made, found: Rendition) -> float:
    """The corner, the colour and its tags; returns by how much the colour is off."""
    path = done.path(found)
    assert found.width is not None
    assert found.height is not None
    tags = _tags(path)
    assert tags == ("yuv420p", "tv", *done.row.tags)
    rgb = _first_picture(path, found.width, found.height, tags[2])
    red = [
        (row, column)
        for row in (0, 1)
        for column in (0, 1)
        if _dot(rgb, (0.1, 0.9)[row], (0.1, 0.9)[column])[0] > 1.5 * _dot(rgb, 0.5, 0.5)[0] + 40
    ]
    if done.row.corner is not None:
        assert red == [done.row.corner]
    off = float(np.abs(_dot(rgb, 0.5, 0.5) - done.row.color).max())
    assert off <= done.row.tolerance, f"{_dot(rgb, 0.5, 0.5)} instead of {done.row.color}"
    return off


def _dot(rgb: npt.NDArray[np.float64], down: float, right: float) -> npt.NDArray[np.float64]:
    rows, columns = rgb.shape[:2]
    y, x = int(rows * down), int(columns * right)
    result: npt.NDArray[np.float64] = rgb[y - 1 : y + 1, x - 1 : x + 1].mean(axis=(0, 1))
    return result


def _tags(path: Path) -> tuple[str, ...]:
    fields = ("pix_fmt", "color_range", "color_space", "color_primaries", "color_transfer")
    command = [str(bundled("ffprobe")), "-v", "error", "-select_streams", "v", "-show_entries"]
    command += [f"stream={','.join(fields)}", "-of", "default=nw=1", str(path)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()
    said = dict(line.split("=") for line in lines)
    return tuple(said[name] for name in fields)


def _first_picture(path: Path, width: int, height: int, matrix: str) -> npt.NDArray[np.float64]:
    """Returns RGB, computed here from the numbers in the file and what its tags say they mean."""
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", str(path), "-map", "0:v", "-frames:v", "1"]
    command += ["-f", "rawvideo", "pipe:1"]
    run = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    numbers = np.frombuffer(run.stdout, np.uint8).astype(np.float64)
    small = (height // 2, width // 2)
    luma, *chroma = np.split(numbers, [width * height, width * height + small[0] * small[1]])
    y = (luma.reshape(height, width) - 16) / 219
    cb, cr = ((part.reshape(small).repeat(2, 0).repeat(2, 1) - 128) / 224 for part in chroma)
    red_share, blue_share = _MATRICES[matrix]
    red, blue = y + 2 * (1 - red_share) * cr, y + 2 * (1 - blue_share) * cb
    green = (y - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    return np.stack([red, green, blue], axis=-1) * 255


def _check_sync(done: Made) -> str:
    """The tone begins as long after the flash as it does in the source."""
    if not done.media.audio or done.row.seconds <= MARK_S:
        return ""
    lag_s = beep_s(done.source) - _flash_s(done, done.source)
    if done.source.suffix == ".avi":
        lag_s += done.frames(done.source)[0].time_s
    off = []
    for pictures, sound in (
        (done.path(done.of("video")[0]), done.path(done.of("audio")[0])),
        (done.path(done.of("mp4")[0]), done.path(done.of("mp4")[0])),
        (done.artifact("proxy"), done.artifact("analysis_audio")),
    ):
        off.append(beep_s(sound) - _flash_s(done, pictures) - lag_s)
    # A rung that drops frames may show the flash up to half a frame before or after.
    allowed_s = _SYNC_S + (0.5 / done.row.max_fps if done.row.max_fps else 0)
    assert max(map(abs, off)) <= allowed_s, f"{off} against the source's {lag_s}"
    return f"{max(off, key=abs) * 1000:+.1f}"


def _flash_s(done: Made, path: Path) -> float:
    """Returns when the corner across from the red one is white."""
    row, column = (1 - side for side in done.row.corner or (0, 0))
    size = done.row.shown or done.row.size
    for frame in done.frames(path):
        if frame.rgb[28 if row else 3, 28 if column else 3].mean() > 150:
            return frame.time_s
    raise AssertionError(f"no flash in {path.name} of {size}")


def _check_fields(done: Made) -> None:
    """No comb is left of two moments; frames that only say so are what they are without deinterlacing."""
    (command,) = [
        " ".join(run.command)
        for run in done.context.tools
        if "proxy.mp4" in " ".join(run.command[1:-1]) and "libx264" in run.command
    ]
    assert ("bwdif" in command) == done.row.combed
    top = done.path(done.of("video")[0])
    if done.row.combed:
        before, after = (combed(path, done.row.size) for path in (done.source, top))
        assert before > _COMBED, "the source is not combed"
        assert after < 0.02 * before, f"{after} of {before} is left"
    elif done.media.video[0].interlaced:
        assert (luma_of(top, done.row.size) == luma_of(_whole(done), done.row.size)).all()


def _whole(done: Made) -> Path:
    """Returns the top rung as it is where nobody thinks of fields."""
    folder, encoder = done.context.workspace / "whole", FfmpegEncoder()
    folder.mkdir()
    look = encoder.look(done.source, done.media, folder, done.context)
    plan = plan_pictures(LADDER.plan(done.media, look, EncodingSettings()).rungs, deinterlace=False)
    return encoder.encode_pictures(done.source, done.media, plan, folder, done.context).rungs[0].path
