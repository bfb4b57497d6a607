"""What an engineer would type for the same files: FFmpeg commands without any of this product.

They write what a transcode leaves: the rungs, sound at its loudness, the proxy, the 16 kHz sound and its waveform,
the storyboard, stills to choose a poster from, HLS and DASH over fragmented files, and the file for download. They
are told what was planned, encoders' options and levels included: nobody looks at the source beforehand, corrects a
level, chooses the poster or checks anything.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from functions.transcode.plan import plan_storyboard
from functions.transcode.waveform import write_waveform
from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg.codecs import encoder_options
from shared.domain.encoding import Rung, gop_frames
from tests.bench.engine import Learned

__all__ = ["ByHand"]

_POSTER_SHORT_SIDE: Final = 720
_TIMES: Final = ("-fps_mode", "passthrough", "-enc_time_base", "demux")
_STILL: Final = re.compile(r"still-\d+\.jpg$")
_VOLUME: Final = re.compile(r"volume=(-?[\d.]+)dB")
_LIMIT: Final = re.compile(r"alimiter=[^;]*?limit=([\d.]+)")


@dataclass(frozen=True)
class ByHand:
    """The commands for one source.

    Attributes:
        source: The video.
        known: What the engine made of it.
        folder: Existing folder to write to.
    """

    source: Path
    known: Learned
    folder: Path

    def cascade(self) -> None:
        """Everything of one decode, each rung scaled from the one above, and the sound beside it."""
        pictures = subprocess.Popen(self._cascade())
        self._hear()
        assert pictures.wait() == 0
        self._finish()

    def one_process_a_rendition(self) -> None:
        """As most do: a process for each file, which decodes the source, with FFmpeg's own number of threads."""
        for rung in self.known.plan.rungs:
            size = [] if rung.copy else ["-vf", _scaled((rung.width, rung.height))]
            subprocess.run([*self._read(), *size, *self._rung(rung)], check=True)
        for graph, options in self._small():
            subprocess.run([*self._read(), "-an", "-vf", graph, *options], check=True)
        self._hear()
        self._finish()

    def _cascade(self) -> list[str]:
        sizes: dict[tuple[int, int], list[Rung]] = {}
        for rung in sorted(self.known.plan.rungs, key=lambda one: one.width * one.height, reverse=True):
            sizes.setdefault((rung.width, rung.height), []).append(rung)
        poster = next((size for size in sizes if min(size) <= _POSTER_SHORT_SIDE), list(sizes)[-1])
        graph, above, outputs, small = "", "0:v:0", list[str](), list(self._small())
        for number, (size, rungs) in enumerate(sizes.items()):
            encoded = [rung for rung in rungs if not rung.copy]
            ends = [f"[{rung.name}]" for rung in encoded]
            ends += [f"[below{number}]"] if number + 1 < len(sizes) else ["[small0]", "[small1]"]
            ends += ["[small2]"] if size == poster else []
            graph += f"[{above}]{_scaled(size)},split={len(ends)}{''.join(ends)};"
            above = f"below{number}"
            for rung in encoded:
                threads = "2" if rung == self.known.plan.rungs[0] else "1"
                outputs += ["-map", f"[{rung.name}]", "-threads", threads, *self._rung(rung)]
        graph += ";".join(f"[small{number}]{one}[out{number}]" for number, (one, _) in enumerate(small))
        for number, (_, options) in enumerate(small):
            outputs += ["-map", f"[out{number}]", *options]
        for rung in self.known.plan.rungs:
            outputs += ["-map", "0:v:0", *self._rung(rung)] if rung.copy else []
        return [*self._read(), "-filter_complex", graph, *outputs]

    def _rung(self, rung: Rung) -> list[str]:
        plan, video = self.known.plan, self.known.media.video[0]
        assert not plan.deinterlace, "nobody has written commands for such a source"
        if rung.copy:
            return ["-an", "-c:v", "copy", str(self._video(rung))]
        every = str(gop_frames(video.fps, plan.gop_s))
        keys = ["-g", every, "-keyint_min", every, "-sc_threshold", "0", *_TIMES]
        if video.variable_fps:
            clock = f"expr:gte(t,n_forced*{plan.gop_s})"
            keys += ["-force_key_frames", clock, "-g", "100000", "-keyint_min", "1", "-bf", "0"]
        coder = [
            word for key, value in encoder_options(rung, plan.preset).items() for word in (f"-{key}", str(value))
        ]
        return ["-an", *coder, *keys, str(self._video(rung))]

    def _small(self) -> Iterator[tuple[str, list[str]]]:
        """Yields filters and options of the proxy, the storyboard's sheets, and as many stills as the engine's."""
        plan, media, (width, height) = self.known.plan, self.known.media, self.known.plan.proxy_size
        fast = ["-an", *_TIMES, "-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18"]
        yield f"scale={width}:{height}:flags=area", [*fast, str(self.folder / "proxy.mp4")]
        board = plan_storyboard(media, tuple(one for one in plan.rungs if one.codec == "h264"))
        tiles = f"fps=1/{board.interval_s},scale={board.tile_size[0]}:{board.tile_size[1]}:flags=area"
        jpeg = ["-q:v", "3", "-fps_mode", "passthrough"]
        sheets = [*jpeg, "-frames:v", str(board.sheets), str(self.folder / "storyboard-%03d.jpg")]
        yield f"{tiles},tile={board.grid[0]}x{board.grid[1]}", sheets
        stills = len({word for run in self.known.tools for word in run.command if _STILL.search(word)})
        every = max(round(media.video[0].duration_s * media.video[0].fps) // stills, 1)
        shown = [*jpeg, "-frames:v", str(stills), str(self.folder / "still-%03d.jpg")]
        yield f"select='not(mod(n,{every}))'", shown

    def _hear(self) -> None:
        for command in self._sounds():
            subprocess.run(command, check=True)
        if self.known.sound is not None:
            write_waveform(self._wav, self.folder / "waveform.json")

    def _sounds(self) -> Iterator[list[str]]:
        """Yields one command after the other: it is measured, brought to its level, and measured once more."""
        plan = self.known.sound
        if plan is None:
            return
        (track,) = plan.tracks
        layout = "mono" if track.channels == 1 else "stereo"
        heard = f"aresample=48000,aformat=sample_fmts=fltp:channel_layouts={layout}"
        meter = "ebur128=peak=true:framelog=quiet"
        wav = ["-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", str(self._wav)]
        once = f"[0:a:0]{heard},asplit[a][w];[a]{meter}[m]"
        yield [*self._read(), "-filter_complex", once, "-map", "[m]", "-f", "null", "-", "-map", "[w]", *wav]
        level = self._level()
        aac = ["-c:a", "aac", "-b:a", f"{plan.bitrate_bps * track.channels // 2}", str(self._audio)]
        yield [*self._read(), "-vn", "-af", heard + level, *aac]
        if level:
            yield [*self._ffmpeg(), "-i", str(self._audio), "-af", meter, "-f", "null", "-"]

    def _level(self) -> str:
        """Returns the filters that change the level as the engine did at first; none where it did not."""
        first = next(" ".join(run.command) for run in self.known.tools if "aac" in run.command)
        volume, limit = _VOLUME.search(first), _LIMIT.search(first)
        level = f",volume={volume[1]}dB:precision=float" if volume else ""
        return level + (
            f",aresample=192000,alimiter=limit={limit[1]}:level=false,aresample=48000" if limit else ""
        )

    def _finish(self) -> None:
        """Packages, and writes the file for download."""
        names = [(rung.name, self._video(rung), "video") for rung in self.known.plan.rungs]
        names += [("audio", self._audio, "audio")] if self.known.sound else []
        streams = [
            f"in={path},stream={kind},output={self.folder / name}.mp4,playlist_name={name}.m3u8"
            + (f",iframe_playlist_name={name}-iframes.m3u8" if kind == "video" else "")
            for name, path, kind in names
        ]
        manifests = ["--hls_master_playlist_output", str(self.folder / "master.m3u8")]
        manifests += ["--mpd_output", str(self.folder / "manifest.mpd"), "--segment_duration=4", "--quiet"]
        cached = ["--fragment_duration=4", "--io_cache_size=0", "--single_threaded"]
        subprocess.run([str(bundled("packager")), *streams, *manifests, *cached], check=True)
        both = [names[0][1]] + ([self._audio] if self.known.sound else [])
        inputs = [word for path in both for word in ("-i", str(path))]
        copied = ["-c", "copy", "-movflags", "+faststart", str(self.folder / "download.mp4")]
        subprocess.run([*self._ffmpeg(), *inputs, *copied], check=True)

    def _read(self) -> Sequence[str]:
        return (*self._ffmpeg(), "-i", str(self.source))

    def _ffmpeg(self) -> Sequence[str]:
        return (str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y")

    def _video(self, rung: Rung) -> Path:
        return self.folder / f"video-{rung.name}.mp4"

    @property
    def _wav(self) -> Path:
        return self.folder / "analysis.wav"

    @property
    def _audio(self) -> Path:
        return self.folder / "audio-only.mp4"


def _scaled(size: tuple[int, int]) -> str:
    # Or all would get the full range that the stills' encoder asks for, which takes a tenth more bits.
    return f"scale={size[0]}:{size[1]},setsar=1,format=pix_fmts=yuv420p:color_ranges=tv"
