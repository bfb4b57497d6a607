"""What others make of the same files, and how good that is."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import yaml

from shared.adapters.binaries import bundled
from shared.domain.encoding import MAX_OUTPUT_FPS
from tests.bench.engine import Learned

__all__ = ["Made", "Peer", "PlainFfmpeg", "ShakaStreamer", "faults", "vmaf"]

_SHAKA_SIZES: Final = ("240p", "360p", "480p", "720p", "1080p")
_DURATION_SHARE: Final = 0.01
_SHAPE_SHARE: Final = 0.02
_LEAST_SIZE_SHARE: Final = 0.9
_LEAST_RATE_SHARE: Final = 0.9
_MOST_LATE: Final = 4
"""Frames of the source."""

_ALIGNED_BY_S: Final = 1.0
_CLEARLY_BETTER: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What somebody made of a video.

    Attributes:
        rungs: Files or playlists of the pictures, by the short side that they have.
        size_bytes: Bytes of all that is streamed.
    """

    rungs: Mapping[int, Path]
    size_bytes: int

    @classmethod
    def of(cls, pictures: Sequence[Path], files: Sequence[Path]) -> Made:
        """Looks at what there is.

        Args:
            pictures: Files or playlists of the pictures.
            files: Everything that is streamed.
        """
        rungs = {min(_video(path)["width"], _video(path)["height"]): path for path in pictures}
        return cls(rungs=rungs, size_bytes=sum(path.stat().st_size for path in files))


class Peer(ABC):
    """Somebody who makes HLS of a video."""

    name: str

    @abstractmethod
    def run(self, source: Path, known: Learned, folder: Path) -> None:
        """Makes everything in an empty folder. Raises CalledProcessError."""

    @abstractmethod
    def made(self, folder: Path) -> Made:
        """Returns what is in the folder now."""


class PlainFfmpeg(Peer):
    """One command with FFmpeg's HLS muxer, a variant a rung, as its documentation shows it."""

    name = "ffmpeg -f hls"

    def run(self, source: Path, known: Learned, folder: Path) -> None:
        video, sounds = known.media.video[0], bool(known.media.audio)
        outputs: list[str] = []
        for index, rung in enumerate(known.plan.rungs):
            outputs += ["-map", "0:v:0", *(["-map", "0:a:0"] if sounds else [])]
            outputs += [
                f"-s:v:{index}",
                f"{rung.width}x{rung.height}",
                f"-maxrate:v:{index}",
                f"{rung.max_bitrate_bps}",
            ]
            outputs += [f"-bufsize:v:{index}", f"{2 * rung.max_bitrate_bps}"]
        every = str(round(Fraction(known.plan.gop_s) * video.fps))
        coders = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]
        coders += [
            "-g",
            every,
            "-keyint_min",
            every,
            "-sc_threshold",
            "0",
            "-c:a",
            "aac",
            "-b:a",
            "128k",
            "-ac",
            "2",
        ]
        variants = " ".join(f"v:{n},a:{n}" if sounds else f"v:{n}" for n in range(len(known.plan.rungs)))
        muxer = ["-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-master_pl_name", "master.m3u8"]
        muxer += ["-var_stream_map", variants, str(folder / "rung%v.m3u8")]
        start = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y", "-i", str(source)]
        subprocess.run([*start, *outputs, *coders, *muxer], check=True, capture_output=True)

    def made(self, folder: Path) -> Made:
        return Made.of(sorted(folder.glob("rung*.m3u8")), list(folder.glob("*.ts")))


class ShakaStreamer(Peer):
    """shaka-streamer with its own programs and its own choices: its bitrates, x264's preset slow."""

    name = "shaka-streamer"

    def run(self, source: Path, known: Learned, folder: Path) -> None:
        kinds = ["video", *(["audio"] if known.media.audio else [])]
        inputs = {"inputs": [{"name": str(source), "media_type": kind} for kind in kinds]}
        pipeline = {
            "streaming_mode": "vod",
            "resolutions": list(_SHAKA_SIZES),
            "channel_layouts": ["stereo"],
            "audio_codecs": ["aac"],
            "video_codecs": ["h264"],
            "manifest_format": ["dash", "hls"],
            "segment_size": 4,
            "segment_per_file": False,
        }
        options = []
        for flag, config in (("-i", inputs), ("-p", pipeline)):
            file = folder / f"config{flag}.yaml"
            file.write_text(yaml.safe_dump(config))
            options += [flag, str(file)]
        program = Path(sys.executable).with_name("shaka-streamer")
        command = [sys.executable, str(program), *options, "-o", str(folder / "out")]
        subprocess.run(command, check=True, capture_output=True)

    def made(self, folder: Path) -> Made:
        return Made.of(sorted((folder / "out").glob("video_*.mp4")), list((folder / "out").glob("*.mp4")))


def faults(made: Made, known: Learned) -> list[str]:
    """Returns what a viewer would notice: turned, stretched or inflated pictures, a wrong length or rate."""
    if not made.rungs:
        return ["no pictures"]
    found, source = [], known.media.video[0]
    width, height = source.display_size
    top = _video(made.rungs[max(made.rungs)])
    shape = Fraction(top["width"], top["height"]) * Fraction(
        top.get("sample_aspect_ratio", "1:1").replace(":", "/")
    )
    if abs(float(shape) * height / width - 1) > _SHAPE_SHARE:
        found.append(f"shape {top['width']}x{top['height']} of {width}x{height}")
    if abs(top["seconds"] - source.duration_s) > max(_DURATION_SHARE * source.duration_s, 1 / float(source.fps)):
        found.append(f"{top['seconds']:.2f} of {source.duration_s:.2f} s")
    frames_s = len(top["packets"]) / top["seconds"]
    if frames_s < _LEAST_RATE_SHARE * min(source.fps, MAX_OUTPUT_FPS):
        found.append(f"{frames_s:.0f} of {float(source.fps):.0f} frames a second")
    if not _LEAST_SIZE_SHARE * min(width, height) <= max(made.rungs) <= min(width, height):
        found.append(f"{max(made.rungs)}p of {min(width, height)}p")
    return found


def vmaf(rung: Path, source: Path, known: Learned) -> tuple[float, float]:
    """Returns the mean VMAF of a rung, shown at the source's upright size, and how many seconds late it is.

    Each picture is compared with the source's that is shown at its time, or a constant few frames before: how good
    pictures are is one thing, when they come another.
    """
    frame_s = 1 / float(known.media.video[0].fps)
    begin = {
        late: _vmaf(rung, source, known, late * frame_s, most_s=_ALIGNED_BY_S) for late in range(_MOST_LATE + 1)
    }
    best = max(begin, key=lambda late: begin[late])
    # What hardly changes looks the same a frame later.
    late_s = best * frame_s if begin[best] > begin[0] + _CLEARLY_BETTER else 0.0
    return _vmaf(rung, source, known, late_s), late_s


def _vmaf(rung: Path, source: Path, known: Learned, late_s: float, most_s: float | None = None) -> float:
    width, height = known.media.video[0].display_size
    same = f"scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p,settb=1/90000,setpts=PTS-STARTPTS"
    measured = "libvmaf=ts_sync_mode=nearest:n_threads=2:log_fmt=json:log_path=/dev/stdout"
    graph = f"[0:v:0]{same}[a];[1:v:0]{same}+{late_s:.6f}/TB[b];[a][b]{measured}"
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin"]
    for path in (rung, source):
        command += [*(["-t", f"{most_s}"] if most_s else []), "-i", str(path)]
    command += ["-filter_complex", graph, "-fps_mode", "passthrough", "-f", "null", "-"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    mean: float = json.loads(ran.stdout)["pooled_metrics"]["vmaf"]["mean"]
    return mean


def _video(path: Path) -> dict[str, Any]:
    """Returns what ffprobe says of the pictures, with ``packets``, their times, and ``seconds``."""
    command = [str(bundled("ffprobe")), "-v", "error", "-select_streams", "v:0", "-of", "json"]
    entries = ["-show_entries", "stream=width,height,sample_aspect_ratio:packet=pts_time,duration_time", str(path)]
    said = json.loads(subprocess.run([*command, *entries], check=True, capture_output=True, text=True).stdout)
    (stream,) = said["streams"]
    times = [(float(one["pts_time"]), float(one.get("duration_time", 0))) for one in said["packets"]]
    seconds = max(at_s + lasts_s for at_s, lasts_s in times) - min(at_s for at_s, _ in times)
    return {**stream, "packets": times, "seconds": seconds}
