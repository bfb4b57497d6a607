"""What an engineer would type for the same files: FFmpeg commands without any of this product.

They write what a transcode leaves: the rungs, sound at its loudness, the proxy, the 16 kHz sound, the storyboard,
the poster, HLS and DASH over fragmented files, and the file for download. Sizes, quality and caps are those that
were planned; nothing is checked.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from functions.transcode.plan import plan_storyboard
from shared.adapters.binaries import bundled
from shared.domain.encoding import Rung
from tests.bench.engine import Learned

__all__ = ["ByHand"]

_POSTER_SHORT_SIDE: Final = 720


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
        for command in self._sounds():
            subprocess.run(command, check=True)
        assert pictures.wait() == 0
        self._finish()

    def one_process_a_rendition(self) -> None:
        """As most do: a process for each file, which decodes the source, with FFmpeg's own number of threads."""
        for rung in self.known.plan.rungs:
            size = f"scale={rung.width}:{rung.height},setsar=1,format=yuv420p"
            subprocess.run([*self._read(), "-vf", size, *self._rung(rung)], check=True)
        for graph, options in self._stills():
            subprocess.run([*self._read(), "-an", "-vf", graph, *options], check=True)
        for command in self._sounds():
            subprocess.run(command, check=True)
        self._finish()

    def _cascade(self) -> list[str]:
        rungs, graph, above, outputs = self.known.plan.rungs, "", "0:v:0", []
        poster = next((one for one in rungs if min(one.width, one.height) <= _POSTER_SHORT_SIDE), rungs[-1])
        (proxy, proxy_out), (sprite, sprite_out), (still, still_out) = self._stills()
        for rung in rungs:
            last, ends = rung == rungs[-1], [f"[{rung.name}]"]
            ends += [f"[below{rung.name}]"] if not last else ["[p]", "[s]"]
            ends += ["[j]"] if rung == poster else []
            graph += f"[{above}]scale={rung.width}:{rung.height},setsar=1,format=yuv420p,split={len(ends)}"
            graph += "".join(ends) + ";"
            above = f"below{rung.name}"
            # A thread each: together they keep the cores busy, and none waits for others.
            outputs += ["-map", f"[{rung.name}]", "-threads", "1", *self._rung(rung)]
        graph += f"[p]{proxy}[proxy];[s]{sprite}[sprite];[j]{still}[poster]"
        for name, options in (("proxy", proxy_out), ("sprite", sprite_out), ("poster", still_out)):
            outputs += ["-map", f"[{name}]", *options]
        return [*self._read(), "-filter_complex", graph, *outputs]

    def _rung(self, rung: Rung) -> list[str]:
        rate = ["-crf", f"{rung.crf:g}", "-maxrate", f"{rung.max_bitrate_bps}"]
        rate += ["-bufsize", f"{2 * rung.max_bitrate_bps}"]
        fps = self.known.media.video[0].fps
        every = str(round(Fraction(self.known.plan.gop_s) * fps))
        keys = ["-g", every, "-keyint_min", every, "-sc_threshold", "0", "-profile:v", "high"]
        return ["-an", "-c:v", "libx264", "-preset", "veryfast", *rate, *keys, str(self._video(rung))]

    def _stills(self) -> Iterator[tuple[str, list[str]]]:
        """Yields filters and options of the proxy, the storyboard and the poster."""
        plan, (width, height) = self.known.plan, self.known.plan.proxy_size
        fast = ["-an", "-threads", "1", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18"]
        yield f"scale={width}:{height}:flags=area", [*fast, str(self.folder / "proxy.mp4")]
        board = plan_storyboard(self.known.media, plan.rungs)
        tiles = f"fps=1/{board.interval_s},scale={board.tile_size[0]}:{board.tile_size[1]}:flags=area"
        once = ["-frames:v", "1", "-update", "1", "-q:v", "3"]
        yield f"{tiles},tile={board.grid[0]}x{board.grid[1]}", [*once, str(self.folder / "storyboard.jpg")]
        every = round(Fraction(plan.gop_s) * self.known.media.video[0].fps)
        yield f"select='not(mod(n,{every}))',thumbnail=25", [*once, str(self.folder / "poster.jpg")]

    def _sounds(self) -> Iterator[list[str]]:
        """Yields one command after the other: as many measurements and encodes as the engine made."""
        if self.known.sound is None:
            return
        wav = ["-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", str(self.folder / "analysis.wav")]
        aac = ["-c:a", "aac", "-b:a", f"{self.known.sound.bitrate_bps}", str(self._audio)]
        stereo = "aresample=48000,aformat=channel_layouts=stereo|mono"
        meter = ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
        measured = [run for run in self.known.tools if "ebur128" in " ".join(run.command)]
        if not measured:
            split = f"[0:a:0]{stereo},asplit[a][w]"
            yield [*self._read(), "-filter_complex", split, "-map", "[a]", *aac, "-map", "[w]", *wav]
            return
        limited = any("alimiter" in " ".join(run.command) for run in self.known.tools)
        level = ",volume=1dB" + (",aresample=192000,alimiter=limit=0.8,aresample=48000" if limited else "")
        yield [*self._read(), "-vn", *meter, "-vn", "-af", stereo, *wav]
        for _ in measured[1:]:
            yield [*self._read(), "-vn", "-af", stereo + level, *aac]
            yield [*self._ffmpeg(), "-i", str(self._audio), *meter]

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
    def _audio(self) -> Path:
        return self.folder / "audio-only.mp4"
