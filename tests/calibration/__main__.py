"""Measures what taggers' confidences are worth, for ``functions/tag/calibration.json``; takes long.

Half of the judgements make the curves; a test holds these against the other half.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.adapters.rapidocr import RapidOcrTextReader
from tests.calibration.curves import curves_of
from tests.calibration.halves import KEPT, halves
from tests.calibration.judging import judged
from tests.calibration.measured import judged_measured
from tests.calibration.pictures import read_cases
from tests.calibration.scenes import scene_cases
from tests.calibration.sounds import sound_cases
from tests.calibration.subjects import subject_cases

PICTURES = 240
SCENES = 110
SOUNDS = 150
CURVES = Path(__file__).parents[2] / "functions" / "tag" / "calibration.json"


def main() -> None:
    """Writes the judgements and the curves that follow from the first half of them."""
    with TemporaryDirectory() as folder:
        read = list(judged(read_cases(RapidOcrTextReader(), Path(folder), PICTURES, seed=1)))
        seen = list(judged_measured(scene_cases(Path(folder), SCENES, seed=1)))
        heard = list(judged_measured(sound_cases(Path(folder), SOUNDS, seed=1)))
    judgements = [*read, *judged(subject_cases()), *seen, *heard]
    KEPT.write_text(
        "[\n" + ",\n".join(json.dumps(asdict(one), ensure_ascii=False) for one in judgements) + "\n]\n"
    )
    CURVES.write_text(curves_of(halves()[0]))


if __name__ == "__main__":
    main()
