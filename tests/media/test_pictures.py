"""Pictures out of a video: the right ones, in order, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from functions.transcode.stills import make_stills
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.adapters.ffmpeg.fragments import read_fragments
from shared.adapters.ffmpeg.programs import Programs
from shared.adapters.ffmpeg.timeline import read_timeline
from shared.adapters.packager import ShakaPackager
from shared.domain.encoding import Excerpt, StoryboardPlan
from shared.domain.errors import TransientError
from shared.ports.encoder import EncodedPictures
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import H264, SOUND, MakeClip, Transcode

COLORS = ("black", "red", "lime", "blue")


def colors(*lengths_s: float) -> tuple[str, ...]:
    """Returns the arguments of a video that is black, red, green and blue, for some seconds each."""
    spans = zip(COLORS, lengths_s, strict=True)
    inputs = [
        part
        for color, length_s in spans
        for part in ("-f", "lavfi", "-i", f"color={color}:s=160x120:r=25:d={length_s}")
    ]
    return (*inputs, "-filter_complex", "concat=4", *H264)


def color_of(pixel: npt.NDArray[np.uint8]) -> str:
    """Returns which of the four colours a pixel has."""
    return "black" if pixel.max() < 60 else COLORS[1 + int(np.argmax(pixel))]


def size_of(picture: Path) -> tuple[int, int]:
    """Returns the width and height of a JPEG."""
    height, width, _ = np.asarray(cv2.imread(str(picture))).shape
    return width, height


def package(pictures: EncodedPictures, session: FakeStageContext) -> Path:
    """Returns the largest pictures as they are streamed."""
    folder = session.workspace / "stream"
    folder.mkdir()
    return ShakaPackager().package(pictures.rungs, (), (), 1.0, folder, session).streams[0].path


@dataclass
class Storyboards:
    """Makes storyboards and tells which colours are in them."""

    tool: FfmpegMediaTool
    session: FakeStageContext

    def tiles(self, video: Path, **changes: Any) -> list[list[str]]:
        """Returns the colours of each sheet's tiles, of the part that is asked for or repeats the last one."""
        plan = StoryboardPlan(tile_size=(32, 24), interval_s=0.5, tiles=4, grid=(2, 2))
        plan = replace(plan, **changes)
        sheets = self.tool.storyboard(video, plan, self.session.workspace, self.session)
        assert len(sheets) == plan.sheets
        return [self._colors(sheet, plan) for sheet in sheets]

    def _colors(self, sheet: Path, plan: StoryboardPlan) -> list[str]:
        columns, rows = plan.grid
        assert size_of(sheet) == (32 * columns, 24 * rows)
        picture = next(self.tool.frames(sheet, (32 * columns, 24 * rows), self.session)).rgb
        return [
            color_of(picture[12 + 24 * row, 16 + 32 * column]) for row in range(rows) for column in range(columns)
        ]


@pytest.fixture
def storyboards(tool: FfmpegMediaTool, session: FakeStageContext) -> Storyboards:
    return Storyboards(tool, session)


def test_tiles_show_the_middle_of_their_intervals(
    transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip
) -> None:
    proxy = transcode(make_clip("colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))).pictures.proxy
    assert storyboards.tiles(proxy) == [[*COLORS]]
    # The one that begins in the middle of each second.
    assert storyboards.tiles(proxy, interval_s=1.0, tiles=2, grid=(2, 1)) == [["black", "lime"]]


def test_long_videos_have_several_sheets(
    transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip
) -> None:
    proxy = transcode(make_clip("colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))).pictures.proxy
    sheets = storyboards.tiles(proxy, interval_s=0.25, tiles=8, grid=(3, 1))
    assert sheets == [["black", "black", "red"], ["red", "lime", "lime"], ["blue", "blue", "blue"]]
    assert [path.name for path in sorted(storyboards.session.workspace.glob("*.jpg"))] == [
        "storyboard-001.jpg",
        "storyboard-002.jpg",
        "storyboard-003.jpg",
    ]


def test_tiles_of_uneven_pictures_are_those_of_their_time(
    transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip
) -> None:
    """Four pictures, shown for 0.2, 1.0 and 0.2 s, and to the end."""
    times = "setpts='if(eq(N,0),0,if(eq(N,1),0.2,if(eq(N,2),1.2,1.4)))/TB'"
    inputs = [part for color in COLORS for part in ("-f", "lavfi", "-i", f"color={color}:s=160x120:r=25:d=0.04")]
    graph = ("-filter_complex", f"concat=4,settb=1/1000,{times}")
    clip = make_clip("uneven.mkv", *inputs, *graph, "-fps_mode", "passthrough", *H264)
    proxy = transcode(clip).pictures.proxy
    assert storyboards.tiles(proxy, interval_s=0.5, tiles=6, grid=(6, 1)) == [
        ["red", "red", "lime", "blue", "blue", "blue"]
    ]


def test_the_first_picture_also_stands_for_what_is_before_it(
    transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip
) -> None:
    sound = ("-f", "lavfi", "-i", "sine=440:d=3")
    picture = ("-itsoffset", "1", "-i", str(make_clip("late_colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))))
    clip = make_clip("late.mkv", *picture, *sound, "-map", "0", "-map", "1", "-c:v", "copy")
    proxy = transcode(clip).pictures.proxy
    assert storyboards.tiles(proxy, tiles=6, grid=(6, 1)) == [["black", "black", *COLORS]]


def test_one_picture_is_enough(transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip) -> None:
    one = ("-f", "lavfi", "-i", "color=red:s=160x120:r=25:d=0.04", *H264)
    proxy = transcode(make_clip("one.mp4", *one)).pictures.proxy
    assert storyboards.tiles(proxy, interval_s=1.0, tiles=1, grid=(1, 1)) == [["red"]]


def test_folders_may_be_called_anything(
    transcode: Transcode, storyboards: Storyboards, make_clip: MakeClip, tmp_path: Path
) -> None:
    proxy = transcode(make_clip("colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))).pictures.proxy
    storyboards.session = FakeStageContext(tmp_path / "100%03d 001.jpg")
    assert storyboards.tiles(proxy) == [[*COLORS]]


def test_key_frames_are_found(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    rung = transcode(clip).pictures.rungs[0].path
    assert tool.key_frame_times(rung, session) == pytest.approx([0.0, 0.52, 1.04, 1.56], abs=0.001)


@pytest.mark.parametrize(("color", "value"), [("white", "0:01.6"), ("black", "0:00.0")])
def test_a_poster_is_black_only_if_everything_is(
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    transcode: Transcode,
    make_clip: MakeClip,
    color: str,
    value: str,
) -> None:
    """The last half second shows something, or doesn't."""
    boxes = f"drawbox=c={color}:t=fill:w=40:h=40:enable='gt(t,1.5)'"
    clip = make_clip(f"ends_{color}.mp4", "-f", "lavfi", "-i", f"color=black:s=160x120:r=25:d=2,{boxes}", *H264)
    encoded = transcode(clip)
    stills = make_stills(tool, session, encoded.media, encoded.pictures)
    assert (stills.why.subject, stills.why.value) == ("poster", value)
    picture = next(tool.frames(stills.poster, (32, 24), session)).rgb
    assert (picture.max() > 200) == (color == "white")
    assert stills.poster == session.workspace / "poster.jpg"


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (720, 1280), (640, 360)])
def test_a_poster_is_a_720p_picture_at_most(
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    transcode: Transcode,
    make_clip: MakeClip,
    size: tuple[int, int],
) -> None:
    clip = make_clip("sized.mp4", "-f", "lavfi", "-i", f"testsrc2=s={size[0]}x{size[1]}:r=5:d=0.6", *H264)
    half = (size[0] // 2, size[1] // 2)
    encoded = transcode(clip, size, half)
    stills = make_stills(tool, session, encoded.media, encoded.pictures)
    assert size_of(stills.poster) == (size if min(size) <= 720 else half)


def test_a_poster_shows_what_the_video_shows(
    tool: FfmpegMediaTool, session: FakeStageContext, transcode: Transcode, make_clip: MakeClip
) -> None:
    """Of a fade in, a blurred part and a sharp one, the sharp one; late, as a picture may be."""
    graph = "testsrc2=s=320x240:r=25:d=6,gblur=sigma=6:enable='lt(t,3.4)',fade=in:d=1.5"
    late = make_clip("late.mp4", "-itsoffset", "1", "-f", "lavfi", "-i", graph, *SOUND, *H264)
    encoded = transcode(late, (320, 240), (160, 120))
    stills = make_stills(tool, session, encoded.media, encoded.pictures)
    minutes, seconds = stills.why.value.split(":")
    assert int(minutes) == 0
    assert 4.4 <= float(seconds) <= 7.0
    assert "sharp" in stills.why.reason
    assert [role for role, _ in stills.files()] == ["poster", "storyboard", "storyboard_vtt"]
    assert "storyboard-001.jpg#xywh=0,0,160,120" in stills.storyboard_vtt.read_text()


@dataclass
class Previews:
    """Makes previews and tells what they show."""

    tool: FfmpegMediaTool
    session: FakeStageContext

    def shown(self, video: Path, *excerpts: tuple[float, float], side: int = 60) -> list[str]:
        """Returns the colours of the frames, one after the other."""
        parts = [Excerpt(start_s=start_s, length_s=length_s) for start_s, length_s in excerpts]
        self.tool.preview(video, parts, side, self.path, self.session)
        return [color_of(frame.rgb[12, 16]) for frame in self.tool.frames(self.path, (32, 24), self.session)]

    @property
    def path(self) -> Path:
        return self.session.workspace / "preview.mp4"


@pytest.fixture
def previews(tool: FfmpegMediaTool, session: FakeStageContext) -> Previews:
    return Previews(tool, session)


def test_a_preview_shows_its_excerpts(
    transcode: Transcode, previews: Previews, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    rung = transcode(make_clip("colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))).pictures.rungs[0].path
    assert previews.shown(rung, (0.6, 0.2), (1.1, 0.4), (1.6, 0.2)) == ["red"] * 3 + ["lime"] * 6 + ["blue"] * 3
    found = tool.inspect(previews.path, session)
    assert found.audio == ()
    (video,) = found.video
    assert (video.codec, video.pixel_format, video.width, video.height) == ("h264", "yuv420p", 80, 60)
    assert video.fps == 15
    assert found.duration_s == pytest.approx(0.8)
    # The index comes before the pictures.
    content = previews.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_previews_are_upright_and_never_enlarged(
    transcode: Transcode, previews: Previews, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    clip = make_clip("tall.mp4", "-f", "lavfi", "-i", "testsrc2=s=90x160:r=25:d=0.4", *H264)
    rung = transcode(clip, (90, 160), (46, 80)).pictures.rungs[0].path
    for side, size in ((60, (60, 106)), (240, (90, 160))):
        previews.shown(rung, (0.0, 0.4), side=side)
        (video,) = tool.inspect(previews.path, session).video
        assert (video.width, video.height) == size


def test_a_preview_of_a_still_has_its_length(
    transcode: Transcode, previews: Previews, make_clip: MakeClip
) -> None:
    """One picture a second: no new one begins within the excerpts."""
    every = make_clip("colors.mp4", *colors(1, 1, 1, 1))
    rung = transcode(make_clip("slow.mp4", "-i", str(every), "-vf", "fps=1", *H264)).pictures.rungs[0].path
    assert previews.shown(rung, (1.3, 0.4), (2.9, 0.1)) == ["red"] * 6 + ["lime"] * 2


def test_excerpts_of_the_same_picture_follow_one_another(
    transcode: Transcode, previews: Previews, make_clip: MakeClip
) -> None:
    """As in a recorded screen on which nothing happens; a whole video of one picture, too."""
    every = make_clip("colors.mp4", *colors(1, 1, 1, 1))
    rung = transcode(make_clip("slow.mp4", "-i", str(every), "-vf", "fps=1", *H264)).pictures.rungs[0].path
    assert previews.shown(rung, (1.0, 0.2), (1.5, 0.2), (2.9, 0.2)) == ["red"] * 6 + ["lime"] * 3


def test_a_preview_of_one_picture(transcode: Transcode, previews: Previews, make_clip: MakeClip) -> None:
    one = ("-f", "lavfi", "-i", "color=red:s=160x120:r=25:d=0.04", *H264)
    rung = transcode(make_clip("one.mp4", *one)).pictures.rungs[-1].path
    assert previews.shown(rung, (0.0, 0.04)) == ["red"]


def test_a_late_video_is_shown_at_its_times(transcode: Transcode, previews: Previews, make_clip: MakeClip) -> None:
    picture = ("-itsoffset", "1", "-i", str(make_clip("late_colors.mp4", *colors(0.5, 0.5, 0.5, 0.5))))
    sound = ("-f", "lavfi", "-i", "sine=440:d=3")
    clip = make_clip("late.mkv", *picture, *sound, "-map", "0", "-map", "1", "-c:v", "copy")
    rung = transcode(clip).pictures.rungs[0].path
    assert previews.shown(rung, (1.6, 0.2), (2.6, 0.2)) == ["red"] * 3 + ["blue"] * 3


def test_stills_show_the_picture_of_the_time(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    """Each frame is brighter than the one before; 22 stills take more than one process."""
    ramp = ("-f", "lavfi", "-i", "color=black:s=64x48:r=30000/1001:d=1.6,geq=lum=16+N*4:cb=128:cr=128")
    encoded = transcode(make_clip("ramp.mp4", *ramp, *H264, "-crf", "5"), (64, 48))
    frame_s = 1001 / 30000
    times_s = [-1.0, 0.0, 0.0333, 0.0667, 1.0, 99.0, *(round((index + 0.01) * frame_s, 6) for index in range(20))]
    shown = [0, 0, 0, 1, 29, 47, *range(20)]
    stills = tool.stills(encoded.pictures.rungs[0].path, times_s, session.workspace, session)
    levels = [next(tool.frames(still, (8, 8), session)).rgb.mean() for still in stills]
    ramp_levels = [frame.rgb.mean() for frame in tool.frames(encoded.pictures.rungs[0].path, (8, 8), session)]
    nearest = [int(np.argmin(np.abs(np.array(ramp_levels) - level))) for level in levels]
    assert nearest == shown


@pytest.mark.parametrize(("late", "b_frames"), [("0", True), ("1.2", False)])
def test_packaged_pictures_are_those_of_the_time(
    transcode: Transcode,
    tool: FfmpegMediaTool,
    session: FakeStageContext,
    make_clip: MakeClip,
    late: str,
    b_frames: bool,
) -> None:
    """Fragments say what ffprobe says, and a picture is the same without those that none is made from."""
    moving = make_clip(
        "moving.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2,noise=alls=20:allf=t", *H264
    )
    shifted = ("-itsoffset", late, "-i", str(moving), "-f", "lavfi", "-i", "sine=440:d=3.5")
    encoded = transcode(make_clip(f"late{late}.mkv", *shifted, "-c:v", "copy"))
    plain, packaged = encoded.pictures.rungs[0].path, package(encoded.pictures, session)
    told, asked = read_fragments(packaged), read_timeline(Programs(), packaged, session)
    assert told is not None
    assert told.tick_s == asked.tick_s
    for one, other in ((told.pts, asked.pts), (told.places, asked.places), (told.is_key, asked.is_key)):
        assert np.array_equal(one, other)
    assert told.is_referred.all() == (not b_frames)
    assert read_fragments(plain) is None
    times_s = [float(late) + 0.04 * number + 0.01 for number in range(3, 50, 6)]
    pictures = []
    for video in (plain, packaged):
        stills = session.workspace / video.parent.name
        stills.mkdir(exist_ok=True)
        pictures.append([still.read_bytes() for still in tool.stills(video, times_s, stills, session)])
    assert len(set(pictures[0])) == len(times_s)
    assert pictures[0] == pictures[1]


def test_fragments_that_are_laid_out_otherwise_are_left_to_a_program(
    transcode: Transcode, tool: FfmpegMediaTool, session: FakeStageContext, clip: Path
) -> None:
    packaged = package(transcode(clip).pictures, session)
    whole = packaged.read_bytes()
    cut_off = whole[: whole.rindex(b"trun") + 40]
    for number, content in enumerate((b"", b"\x1a\x45\xdf\xa3" * 9, cut_off, _with_two_runs(whole))):
        path = session.workspace / f"other{number}.mp4"
        path.write_bytes(content)
        assert read_fragments(path) is None
    with pytest.raises(TransientError, match="tool_failed"):
        tool.key_frame_times(session.workspace / "other2.mp4", session)


def _with_two_runs(packaged: bytes) -> bytes:
    """Returns a file whose first fragment tells of its samples twice."""
    starts = {kind: packaged.index(kind) - 4 for kind in (b"moof", b"traf", b"trun")}
    sizes = {kind: int.from_bytes(packaged[start : start + 4], "big") for kind, start in starts.items()}
    run = packaged[starts[b"trun"] : starts[b"trun"] + sizes[b"trun"]]
    grown = bytearray(packaged)
    for kind in (b"moof", b"traf"):
        grown[starts[kind] : starts[kind] + 4] = (sizes[kind] + len(run)).to_bytes(4, "big")
    grown[starts[b"trun"] : starts[b"trun"]] = run
    return bytes(grown)


def test_frames_come_one_at_a_time(tool: FfmpegMediaTool, session: FakeStageContext, clip: Path) -> None:
    stream = tool.frames(clip, (32, 24), session)
    first = next(stream)
    assert (first.index, first.time_s, first.rgb.shape) == (0, 0.0, (24, 32, 3))
    assert session.tools == []
    stream.close()  # type: ignore[attr-defined]  # a generator, which the port leaves open
    assert session.tools[0].returncode == -9


def test_frames_some_time_apart_have_their_own_times_and_pictures(
    tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    # A frame is 0.04 s long; the last second has a fifth as many.
    uneven = ("-vf", "select='lt(n,25)+not(mod(n,5))'", "-fps_mode", "vfr")
    clip = make_clip("uneven.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", *uneven, *H264)
    every = list(tool.frames(clip, (32, 24), session))
    some = list(tool.frames(clip, (32, 24), session, every_s=0.1))
    assert [round(frame.time_s, 2) for frame in some] == [
        *(round(0.12 * n, 2) for n in range(9)),
        *(round(1.2 + 0.2 * n, 2) for n in range(4)),
    ]
    assert [frame.index for frame in some] == list(range(len(some)))
    pictures = {frame.time_s: frame.rgb for frame in every}
    assert all(np.array_equal(frame.rgb, pictures[frame.time_s]) for frame in some)


def test_key_frames_are_those_that_the_file_says(
    tool: FfmpegMediaTool, session: FakeStageContext, make_clip: MakeClip
) -> None:
    clip = make_clip("keys.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=3", *H264, "-g", "20")
    frames = list(tool.key_frames(clip, (32, 24), session))
    assert [frame.time_s for frame in frames] == list(tool.key_frame_times(clip, session))
    assert len(frames) >= 4
