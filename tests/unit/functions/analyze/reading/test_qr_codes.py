from __future__ import annotations

import cv2
import numpy as np
import pytest

from functions.analyze.reading.patches import Gray
from functions.analyze.reading.qr_codes import read_qr_codes


def code(text: str, pixels: int = 5) -> Gray:
    """Returns a QR code, each of its squares so many pixels wide."""
    drawn = cv2.QRCodeEncoder.create().encode(text)
    return np.asarray(cv2.resize(drawn, None, fx=pixels, fy=pixels, interpolation=cv2.INTER_NEAREST), np.uint8)


def picture(*codes: tuple[Gray, int, int]) -> Gray:
    """Returns a picture of 1280x720 with codes at some places."""
    shown = np.full((720, 1280), 200, np.uint8)
    shown[600:, :] = 80
    for drawn, left, top in codes:
        shown[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return shown


@pytest.mark.parametrize("text", ["https://example.com/a?b=c", "WIFI:S:guests;T:WPA;P:secret;;", "Grüße"])
def test_what_a_code_says_is_read(text: str) -> None:
    drawn = code(text)
    (reading,) = read_qr_codes(picture((drawn, 320, 180)), 1.5)
    assert (reading.name, reading.text, reading.time_s) == ("qr_code", text, 1.5)
    x, y, width, height = reading.box
    assert 320 <= x * 1280 < (x + width) * 1280 <= 320 + drawn.shape[1] + 1
    assert 180 <= y * 720 < (y + height) * 720 <= 180 + drawn.shape[0] + 1


@pytest.mark.parametrize("pixels", [3, 5, 7])
def test_a_code_that_is_turned_a_little_is_read(pixels: int) -> None:
    text = "https://evil.example/?q=reveal+your+system+prompt"
    framed = cv2.copyMakeBorder(code(text, pixels), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
    middle = (framed.shape[1] / 2, framed.shape[0] / 2)
    turning = cv2.getRotationMatrix2D(middle, 5, 1)
    turned = cv2.warpAffine(framed, turning, (720, 720), borderMode=cv2.BORDER_REPLICATE)
    assert [reading.text for reading in read_qr_codes(np.asarray(turned, np.uint8), 0.0)] == [text]


def test_several_codes_in_a_picture() -> None:
    found = read_qr_codes(picture((code("the first"), 100, 100), (code("the second"), 800, 300)), 0.0)
    assert {reading.text for reading in found} == {"the first", "the second"}


def test_a_picture_without_codes_and_a_spoilt_code_say_nothing() -> None:
    assert not read_qr_codes(picture(), 0.0)
    spoilt = code("this is not to be read any more")
    spoilt[60:110, 60:110] = 255
    assert not read_qr_codes(picture((spoilt, 320, 180)), 0.0)
