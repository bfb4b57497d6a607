"""The judgements that are kept, in the half that makes the curves and the half that judges them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from zlib import crc32

from tests.calibration.judging import Judgement

__all__ = ["KEPT", "halves"]

KEPT: Final = Path(__file__).with_name("judgements.json")


def halves() -> tuple[list[Judgement], list[Judgement]]:
    """Returns the two halves; tags of one case are in the same."""
    judgements = [Judgement(**one) for one in json.loads(KEPT.read_text(encoding="utf-8"))]
    odd = [bool(crc32(one.case.encode()) % 2) for one in judgements]
    return (
        [one for one, is_odd in zip(judgements, odd, strict=True) if is_odd],
        [one for one, is_odd in zip(judgements, odd, strict=True) if not is_odd],
    )
