"""Some dozens of videos, cut, faded, dissolved and wiped by chance: what detectors of shots are measured on."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shared.adapters.binaries import bundled
from tests.media.edits.incidents import INCIDENTS, letterboxed
from tests.media.edits.montage import WIPES, Edit, EditKind, Montage
from tests.media.edits.sceneries import COLUMNS, ROWS, Pictures
from tests.media.edits.stock import Stock

__all__ = ["STYLES", "Clip", "Style", "make_clip", "write_clip"]

_EDITS_A_CLIP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a clip is made.

    Attributes:
        kinds: Its edits; each is as likely as it stands there often.
        fps: Frames a second.
        shot_s: Shortest and longest that a shot stands alone.
        repeats: How often each picture is shown in a row.
        incidents: Share of the shots in which something happens.
        bars: Rows above and below, and columns at the sides, that are black.
        flashy: Share of the shots that last 1 to 5 frames.
        uneven: Whether frames are not evenly spaced.
        start_s: When the first frame is shown.
    """

    kinds: Sequence[EditKind] = ("cut",)
    fps: float = 25.0
    shot_s: tuple[float, float] = (0.6, 2.0)
    repeats: int = 1
    incidents: float = 0.0
    bars: tuple[int, int] = (0, 0)
    flashy: float = 0.0
    uneven: bool = False
    start_s: float = 0.0


STYLES: Final[dict[str, Style]] = {
    "cuts": Style(),
    "cuts, busy": Style(incidents=0.8, shot_s=(1.2, 2.4)),
    "short shots": Style(flashy=0.5),
    "fades": Style(kinds=("fade",), shot_s=(0.4, 1.4)),
    "dissolves": Style(kinds=("dissolve",), shot_s=(0.4, 1.4)),
    "wipes": Style(kinds=("wipe",), shot_s=(0.4, 1.4)),
    "all": Style(kinds=("cut", "fade", "dissolve", "wipe"), incidents=0.3),
    "all, late and uneven": Style(kinds=("cut", "cut", "fade", "dissolve", "wipe"), uneven=True, start_s=1.5),
    "all, 60 fps": Style(kinds=("cut", "fade", "dissolve", "wipe"), fps=60.0, shot_s=(0.4, 0.8)),
    "all, 10 fps": Style(kinds=("cut", "fade", "dissolve", "wipe"), fps=10.0, shot_s=(1.0, 3.0)),
    "slides, 1 fps": Style(fps=1.0, shot_s=(2.0, 9.0)),
    "letterbox": Style(kinds=("cut", "cut", "fade", "dissolve"), bars=(12, 0)),
    "pillarbox": Style(kinds=("cut", "cut", "fade", "dissolve"), bars=(0, 52)),
    "repeated frames": Style(kinds=("cut", "cut", "dissolve"), fps=30.0, repeats=2),
}


@dataclass(frozen=True, slots=True)
class Clip:
    """A video and its edits.

    Attributes:
        name: Of its style, with its number.
        style: How it was made.
        pictures: Its frames.
        edits: In order.
        incidents: What happens within its shots, one each.
    """

    name: str
    style: Style
    pictures: Pictures
    edits: tuple[Edit, ...]
    incidents: tuple[str, ...]

    @property
    def times_s(self) -> list[float]:
        """When each frame is shown."""
        ticks = [_tick(index) if self.style.uneven else index for index in range(len(self.pictures))]
        return [self.style.start_s + tick / self.style.fps for tick in ticks]


def make_clip(seed: int, number: int, stock: Stock) -> Clip:
    """Returns the clip with a number, whose style follows from it."""
    rng = np.random.default_rng([seed, number])
    name = list(STYLES)[number % len(STYLES)]
    style = STYLES[name]
    kinds = [str(kind) for kind in rng.choice(style.kinds, _EDITS_A_CLIP)]
    lengths = [_lengths(rng, kind, style) for kind in kinds]
    montage, incidents = Montage(), list[str]()
    brief, last = False, ""
    for position in range(len(kinds) + 1):
        before = lengths[position - 1] if position else (0, 0, 0)
        after = lengths[position] if position < len(kinds) else (0, 0, 0)
        brief = not brief and 0 < position < len(kinds) and rng.random() < 2 * style.flashy
        alone = int(rng.integers(1, 6)) if brief else max(round(rng.uniform(*style.shot_s) * style.fps), 2)
        shot, incident, last = _shot(rng, stock, before[2] + alone + after[0], style, last)
        incidents += [incident] if incident else []
        _append(rng, montage, kinds[position - 1] if position else "", before, shot)
    pictures = np.repeat(montage.pictures, style.repeats, axis=0)
    edits = [Edit(one.start * style.repeats, one.end * style.repeats, one.kind) for one in montage.edits]
    pictures = letterboxed(pictures, *style.bars)
    return Clip(f"{number:02d} {name}", style, pictures, tuple(edits), tuple(incidents))


def write_clip(clip: Clip, path: Path, quality: int) -> None:
    """Writes a clip as MP4, its frames shown when they are to be."""
    # A tick that all of the frame rates divide; expressions count in seconds.
    number = "(floor(N/4)*6+mod(N,4)+2*gt(mod(N,4),1))" if clip.style.uneven else "N"
    times = f"settb=1/90000,setpts='({number}/{clip.style.fps}+{clip.style.start_s})/TB'"
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{COLUMNS}x{ROWS}", "-i", "-"]
    command += ["-vf", times, "-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-threads", "1"]
    command += [
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-crf",
        str(quality),
        "-movie_timescale",
        "90000",
    ]
    subprocess.run([*command, str(path)], input=clip.pictures.tobytes(), check=True, timeout=120)


def _tick(index: int) -> int:
    return index // 4 * 6 + index % 4 + 2 * (index % 4 > 1)


def _lengths(rng: np.random.Generator, kind: str, style: Style) -> tuple[int, int, int]:
    """Returns an edit's frames in the shot before, between the shots, and in the shot after it."""
    fps = style.fps / style.repeats

    def frames(least_s: float, most_s: float, least: int) -> int:
        # Short ones are as frequent as long ones, on a scale of ratios.
        return max(round(float(np.exp(rng.uniform(np.log(least_s), np.log(most_s)))) * fps), least)

    if kind == "fade":
        return frames(0.15, 2.0, 3), round(rng.choice([0.04, 0.2, 0.8]) * fps) or 1, frames(0.15, 2.0, 3)
    if kind in ("dissolve", "wipe"):
        length = frames(0.2, 2.4 if kind == "dissolve" else 1.6, 4)
        return length, 0, length
    return 0, 0, 0


def _shot(
    rng: np.random.Generator, stock: Stock, frames: int, style: Style, last: str
) -> tuple[Pictures, str, str]:
    """Returns a shot, what happens in it, and where it is from."""
    filmed = bool(rng.random() < 0.5)
    if frames < 30 or rng.random() >= style.incidents:
        shot, name = stock.shot(rng, frames, filmed=filmed, last=last)
        return shot, "", name
    incident = str(rng.choice([*INCIDENTS, "whip pan"]))
    shot, name = stock.shot(rng, frames, filmed=filmed, last=last, whip=incident == "whip pan")
    return INCIDENTS[incident](rng, shot) if incident in INCIDENTS else shot, incident, name


def _append(
    rng: np.random.Generator, montage: Montage, kind: str, lengths: tuple[int, int, int], shot: Pictures
) -> None:
    out, hold, back = lengths
    smooth = bool(rng.random() < 0.4)
    if not kind:
        montage.begin(shot)
    elif kind == "cut":
        montage.cut(shot)
    elif kind == "fade":
        montage.fade(shot, out, hold, back, level=int(rng.choice([0, 0, 255])), smooth=smooth)
    elif kind == "dissolve":
        montage.dissolve(shot, back, smooth=smooth)
    else:
        montage.wipe(shot, back, str(rng.choice(WIPES)), float(rng.choice([0.0, 0.05, 0.25])))
