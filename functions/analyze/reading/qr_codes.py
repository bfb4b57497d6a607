"""What QR codes say. Whatever it is, an address too, it is text: nothing follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2

from functions.analyze.reading.lines import Reading
from functions.analyze.reading.patches import Gray

__all__ = ["CERTAINTY", "read_qr_codes"]

CERTAINTY: Final = 0.99
"""Confidence of what was decoded: a code with errors that can't be corrected is not."""


def read_qr_codes(gray: Gray, time_s: float) -> Sequence[Reading]:
    """Returns what the codes in a picture say, those that can be decoded."""
    # Of codes that are small, turned or seen from the side, OpenCV's other detector misses most.
    found, texts, corners, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(gray)
    if not found:
        return []
    rows, columns = gray.shape
    readings = []
    for text, points in zip(texts, corners, strict=True):
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        if text:
            box = (
                float(left) / columns,
                float(top) / rows,
                float(right - left) / columns,
                float(bottom - top) / rows,
            )
            readings.append(Reading(name="qr_code", text=text, confidence=CERTAINTY, box=box, time_s=time_s))
    return readings
