"""Hard cuts as found by the product and by others, on the same pictures."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from functions.segment.stage import PICTURES_LONG_SIDE
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.ports.media_tool import Frame, MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.bench.measuring import note
from tests.media.edits.corpus import make_clip, write_clip
from tests.media.edits.detecting import begins, shots_in
from tests.media.edits.rivals import RIVALS
from tests.media.edits.scoring import Tally, count_cuts
from tests.media.edits.stock import take_stock

SEED, CLIPS = 12, 33

pytestmark = pytest.mark.bench


def test_cuts_beside_others(real_media: Path, tmp_path: Path) -> None:
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    context, tool = FakeStageContext(folder=tmp_path), FfmpegMediaTool()
    for corpus, path, cuts, slow in [*labelled(real_media), *made(real_media, tmp_path)]:
        media = tool.probe(path, MediaLimits(), context)
        stream = media.video[0]
        frames: list[Frame] = list(tool.frames(path, stream.thumbnail_size(PICTURES_LONG_SIDE), context))
        found = {"shots": begins(shots_in(frames, media), "cut")}
        found |= {name: rival(path, frames, float(stream.fps)) for name, rival in RIVALS.items()}
        for name, finds in found.items():
            # Others say where something changes, not how: what lies in a slow transition is held against nobody.
            sudden = [
                frame
                for frame in finds
                if any(abs(frame - cut) <= 1 for cut in cuts)
                or not any(start - 1 <= frame <= end + 1 for start, end in slow)
            ]
            count_cuts(tallies[corpus, name], path.name, sudden, cuts)
    rows = [f"| {' | '.join((*key, *tally.cells))} |" for key, tally in sorted(tallies.items())]
    note("Hard cuts", ["| videos | detector | F1 | precision | recall |", "|---|---|---|---|---|", *rows])
    for corpus in ("labelled", "made"):
        assert tallies[corpus, "shots"].f1 > max(tallies[corpus, name].f1 for name in RIVALS)


Labelled = tuple[str, Path, Sequence[int], Sequence[tuple[int, int]]]


def labelled(media: Path) -> Iterator[Labelled]:
    """Yields real footage."""
    for name, labels in json.loads((media / "ground_truth.json").read_text())["videos"].items():
        slow = [tuple(span["frames"]) for span in labels.get("gradual_or_ambiguous", ())]
        yield "labelled", media / name, [cut["frame"] for cut in labels["hard_cuts"]], slow


def made(media: Path, folder: Path) -> Iterator[Labelled]:
    """Yields edits made by chance."""
    stock = take_stock(media)
    for number in range(CLIPS):
        clip, path = make_clip(SEED, number, stock), folder / f"{number}.mp4"
        write_clip(clip, path, 21)
        cuts = [edit.start for edit in clip.edits if edit.kind == "cut"]
        yield "made", path, cuts, [(edit.start, edit.end) for edit in clip.edits if edit.kind != "cut"]
