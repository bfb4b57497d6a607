"""What the corpus is cut from: drawn sceneries, FFmpeg's own sources, and real footage between its edits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from shared.adapters.binaries import bundled
from tests.media.edits.sceneries import COLUMNS, DRAWN, ROWS, Camera, Pictures, film

__all__ = ["Stock", "take_stock"]

_MARGIN = 2
"""Frames that are left out next to an edit: one may be mixed."""

_MIXED: Final = {"pixel8_en_combo_0_v.mp4": (155, 208)}
"""Frames in which what is filmed, a telephone's screen, dissolves itself; cut to 16:9 it fills the picture."""

_SHORTEST = 40
_LONGEST = 220

_SOURCES: Final = (
    "mandelbrot=s=160x90:r=25",
    "testsrc2=s=160x90:r=25",
    "gradients=s=160x90:r=25:speed=0.05:seed=5",
    "cellauto=s=160x90:r=25:seed=5",
)


@dataclass(frozen=True, slots=True)
class Stock:
    """Where shots come from.

    Attributes:
        stretches: Names of what is not drawn, each with pictures without an edit, at least 40 frames a stretch.
    """

    stretches: Sequence[tuple[str, Pictures]]

    def shot(
        self, rng: np.random.Generator, frames: int, *, filmed: bool, last: str, whip: bool = False
    ) -> tuple[Pictures, str]:
        """Returns an uncut shot and the name of where it is from.

        Args:
            rng: Where chance comes from.
            frames: How many.
            filmed: Whether it may be a stretch of what is not drawn.
            last: Where the shot before it is from: two of one source may look alike.
            whip: Whether the camera turns by most of a picture within a few frames.
        """
        enough = [one for one in self.stretches if len(one[1]) >= frames and one[0] != last]
        if filmed and enough and not whip:
            name, stretch = enough[int(rng.integers(len(enough)))]
            start = int(rng.integers(0, len(stretch) - frames + 1))
            shot = stretch[start : start + frames]
            return shot[:, :, ::-1] if rng.random() < 0.5 else shot, name
        name = str(
            rng.choice([name for name, (_, moves) in DRAWN.items() if name != last and (moves or not whip)])
        )
        draw, moves = DRAWN[name]
        turn = (int(rng.integers(4, frames - 16)), int(rng.integers(5, 12))) if whip else None
        camera = Camera(
            pan=rng.uniform(0, 2.5) * moves,
            zoom=rng.uniform(-0.004, 0.008) * moves,
            sway=rng.choice([0.0, 2.0]) * moves,
            shake=rng.choice([0.0, 0.0, 1.0, 3.0]) * moves,
            noise=rng.uniform(0.5, 4),
            whip=turn,
        )
        return film(rng, draw(rng), frames, camera), name


def take_stock(media: Path | None, *, part: int | None = None) -> Stock:
    """Reads stretches of FFmpeg's sources and of labelled footage.

    Args:
        media: The folder of real footage; None leaves it out.
        part: 0 or 1 for every other source, so that there are two stocks which share none; None for all.
    """
    names = list(_SOURCES)
    videos = json.loads((media / "ground_truth.json").read_text())["videos"] if media else {}
    names += sorted(videos)
    stretches = list[tuple[str, Pictures]]()
    for name in names if part is None else names[part::2]:
        if media is not None and name in videos:
            stretches += [(name, stretch) for stretch in _stretches(media / name, videos[name])]
        else:
            stretches.append((name, _read("-f", "lavfi", "-t", "8", "-i", name)))
    return Stock(stretches)


def _stretches(video: Path, labels: dict[str, Any]) -> Iterator[Pictures]:
    """Yields what lies between all that is labelled."""
    spans = [(cut["frame"], cut["frame"]) for cut in labels["hard_cuts"]]
    spans += [tuple(span["frames"]) for span in labels.get("gradual_or_ambiguous", ())]
    spans += [_MIXED[video.name]] if video.name in _MIXED else []
    edges = sorted([(0, 0), *spans, (labels["frames"], labels["frames"])])
    free = [(end + _MARGIN, start - _MARGIN) for (_, end), (start, _) in pairwise(edges)]
    free = [(start, end) for start, end in free if end - start >= _SHORTEST]
    if free:
        pictures = _read("-i", str(video), frames=free[-1][1])
        for start, end in free:
            yield pictures[start : min(end, start + _LONGEST)].copy()


def _read(*source: str, frames: int = 200) -> Pictures:
    """Returns the first pictures of a source, filling the frame."""
    fill = f"scale={COLUMNS}:{ROWS}:force_original_aspect_ratio=increase:flags=area,crop={COLUMNS}:{ROWS}"
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", *source, "-map", "0:v:0", "-vf", fill]
    command += ["-fps_mode", "passthrough", "-frames:v", str(frames), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, ROWS, COLUMNS, 3)
