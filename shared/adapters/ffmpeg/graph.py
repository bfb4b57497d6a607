"""The one graph of a transcode: one decode, each rung scaled from the one above, everything else from those."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.jpeg import jpeg
from shared.adapters.ffmpeg.programs import literal
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.media_tool import EncodedRung, Rung, TranscodeFiles, TranscodePlan

__all__ = ["transcode_files", "transcode_graph"]

# A poster is at most a 720p picture: its candidates are held in memory.
_POSTER_SHORT_SIDE = 720
_POSTER_CANDIDATES = 25
# Mean luma, where black is 16 and white 235, up to which a picture makes no poster while there is a brighter one.
_DARK_LUMA = 32
# Pictures of at least this size are high definition, which is BT.709 where nothing is written.
_HD = (1280, 720)
# Nothing of the source's metadata or chapters goes into a file that is served.
_CLEAN = {"map_metadata": -1, "map_chapters": -1}
# A late start is an edit list in these ticks, by default only milliseconds. (The packager understands edit lists,
# but not the negative offsets that FFmpeg could write instead for pictures that are shown out of order.)
_MP4 = {"movie_timescale": 90_000, "format": "mp4"}


def transcode_files(folder: Path, plan: TranscodePlan) -> TranscodeFiles:
    """Names the files that a plan makes."""
    sound = plan.audio_bitrate_bps is not None
    return TranscodeFiles(
        rungs=tuple(EncodedRung(rung=rung, path=folder / f"video-{rung.name}.mp4") for rung in plan.rungs),
        audio=folder / "audio.mp4" if sound else None,
        proxy=folder / "proxy.mp4",
        analysis_audio=folder / "analysis.wav" if sound else None,
        poster=folder / "poster.jpg",
        storyboard=folder / "storyboard.jpg",
    )


def transcode_graph(source: Path, media: MediaInfo, plan: TranscodePlan, files: TranscodeFiles) -> Any:
    """Returns the outputs of the graph; the proxy comes first, so that FFmpeg's frame count is the source's."""
    video = media.video[0]
    opened = ffmpeg.input(
        literal(source),
        **reading_options(media.container.split(",")[0]),
        # A file that lies about its length is not followed to its end.
        t=math.ceil(media.duration_s * 1.01) + 1,
    )
    picture = _upright(opened[str(video.index)], video, plan.rungs[0])
    if plan.max_output_fps is not None and video.fps > plan.max_output_fps:
        every_frame, picture = _tee(picture)
        outputs, rest = _rungs(picture.filter("fps", plan.max_output_fps), video, plan, files)
    else:
        outputs, rest = _rungs(picture, video, plan, files)
        every_frame, rest = _tee(rest)  # the smallest pictures are the cheapest to make smaller still
    outputs = [_proxy(every_frame, plan, files), *outputs, _storyboard(rest, plan, files)]
    if files.audio and files.analysis_audio:
        outputs += _sound(opened[str(media.audio[0].index)], plan, files.audio, files.analysis_audio)
    return ffmpeg.merge_outputs(*outputs)


def _tee(picture: Any) -> tuple[Any, Any]:
    branches = picture.split()
    return branches[0], branches[1]


def _rungs(picture: Any, video: VideoStream, plan: TranscodePlan, files: TranscodeFiles) -> tuple[list[Any], Any]:
    """Returns the rungs' outputs with the poster's, and the pictures of the smallest rung for more."""
    fits_poster = (rung for rung in plan.rungs if min(rung.width, rung.height) <= _POSTER_SHORT_SIDE)
    poster_rung = next(fits_poster, plan.rungs[-1])
    outputs = []
    for encoded in files.rungs:
        if encoded.rung != plan.rungs[0]:
            # setsar: rounding to even sizes would leave pixels a hair from square, to keep the exact shape.
            picture = picture.filter("scale", encoded.rung.width, encoded.rung.height).filter("setsar", 1)
        branch, picture = _tee(picture)
        outputs.append(_rung(branch, encoded, video, plan))
        if encoded.rung == poster_rung:
            branch, picture = _tee(picture)
            outputs.append(_poster(branch, plan, files))
    return outputs, picture


def _upright(picture: Any, video: VideoStream, rung: Rung) -> Any:
    """The largest rung's pictures: upright (FFmpeg turns them by itself), square pixels, named colours."""
    if video.interlaced:
        # One picture a frame, as many as before; pictures that are whole already stay as they are.
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
    size = {"w": rung.width, "h": rung.height}
    if video.color_space not in {"", "gbr"}:
        return picture.filter("scale", **size, out_range="tv").filter("setsar", 1).filter("format", "yuv420p")
    # Nothing is written: take what players would take for a picture of the source's size, and write it down,
    # for players would guess otherwise from the size of a smaller rung.
    hd = video.width >= _HD[0] or video.height >= _HD[1]
    colors = "bt709" if hd else "smpte170m"
    picture = picture.filter("scale", **size, in_color_matrix=colors, out_color_matrix=colors, out_range="tv")
    picture = picture.filter("setsar", 1).filter("format", "yuv420p")
    return picture.filter("setparams", colorspace=colors, color_primaries=colors, color_trc=colors)


def _timing() -> dict[str, Any]:
    return {
        "fps_mode": "passthrough",  # every frame once: none repeated or dropped to even out the rate
        "enc_time_base": "demux",  # times in the source's own ticks, not rounded to a frame rate
    }


def _proxy(picture: Any, plan: TranscodePlan, files: TranscodeFiles) -> Any:
    width, height = plan.proxy_size
    options = {
        **_timing(),
        **_CLEAN,
        "vcodec": "libx264",
        "preset": "ultrafast",  # also the cheapest to decode: no B-frames, no deblocking, no CABAC
        "crf": 18,  # a detector must see the picture, not the encoder
        "threads": 1,
        **_MP4,
    }
    return picture.filter("scale", width, height, flags="area").output(literal(files.proxy), **options)


def _rung(picture: Any, encoded: EncodedRung, video: VideoStream, plan: TranscodePlan) -> Any:
    rung = encoded.rung
    options = {
        **_timing(),
        **_CLEAN,
        **_key_frames(video, plan),
        "vcodec": "libx264",
        "preset": "veryfast",  # the knee of the curve: half of medium's time for about a tenth more bits
        "profile:v": "high",
        "crf": rung.crf,
        "maxrate": rung.max_bitrate_bps,
        "bufsize": 2 * rung.max_bitrate_bps,  # two seconds, a key frame interval
        # The rungs keep the cores busy between them; more threads in each would only wait for one another.
        "threads": 1 if len(plan.rungs) > 1 else 0,
        **_MP4,
    }
    return picture.output(literal(encoded.path), **options)


def _key_frames(video: VideoStream, plan: TranscodePlan) -> dict[str, Any]:
    """Key frames at the same times in all rungs, closed GOPs, none at scene cuts."""
    fps = min(video.fps, plan.max_output_fps or video.fps)
    if video.variable_fps:
        # By the clock; the count only must never come first.
        clock = f"expr:gte(t,n_forced*{plan.gop_s})"
        # An MP4 has durations in decoding order: B-frames would give uneven pictures each other's.
        return {"force_key_frames": clock, "g": 100_000, "keyint_min": 1, "sc_threshold": 0, "bf": 0}
    # Never shorter than gop_s: a packager that cuts at multiples of it finds a key frame in each.
    frames = math.ceil(plan.gop_s * fps - 1e-6)
    return {"g": frames, "keyint_min": frames, "sc_threshold": 0}


def _poster(picture: Any, plan: TranscodePlan, files: TranscodeFiles) -> Any:
    """The most typical of some pictures spread over the video; of the bright ones, if there are any."""
    interval_s = plan.tile_interval_s * max(1, math.prod(plan.tile_grid) / _POSTER_CANDIDATES)
    some, all_of_them = _tee(_every(picture, interval_s))
    bright = some.filter("signalstats").filter(
        "metadata", "select", key="lavfi.signalstats.YAVG", value=_DARK_LUMA, function="greater"
    )
    choices = (candidates.filter("thumbnail", _POSTER_CANDIDATES) for candidates in (bright, all_of_them))
    # Whichever choice comes first is the one that is written.
    return jpeg(ffmpeg.concat(*choices, v=1, a=0), files.poster)


def _storyboard(picture: Any, plan: TranscodePlan, files: TranscodeFiles) -> Any:
    width, height = plan.tile_size
    columns, rows = plan.tile_grid
    tiles = _every(picture, plan.tile_interval_s).filter("scale", width, height, flags="area")
    # Rounding must not leave the last tile empty.
    sprite = tiles.filter("tpad", stop_mode="clone", stop=1).filter("tile", f"{columns}x{rows}")
    return jpeg(sprite, files.storyboard)


def _every(picture: Any, interval_s: float) -> Any:
    """The picture shown in the middle of each interval; at least one, however short the video is."""
    return picture.filter("fps", f"1/{interval_s}", start_time=0, round="near", eof_action="pass")


def _sound(sound: Any, plan: TranscodePlan, audio: Path, analysis_audio: Path) -> list[Any]:
    # Silence from the timeline's 0 to the first sample and, which follows from that, in every gap: sound stays
    # with the picture.
    timed = sound.filter("aresample", 48000, first_pts=0)
    branches = timed.filter("aformat", channel_layouts="stereo|mono").asplit()
    aac = {**_CLEAN, "acodec": "aac", "b:a": plan.audio_bitrate_bps, **_MP4}
    wav = {**_CLEAN, "acodec": "pcm_s16le", "ar": 16000, "ac": 1, "format": "wav"}
    return [
        branches[0].output(literal(audio), **aac),
        branches[1].output(literal(analysis_audio), **wav),
    ]
