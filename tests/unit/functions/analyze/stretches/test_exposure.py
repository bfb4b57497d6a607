from __future__ import annotations

import numpy as np
import pytest

from functions.analyze.picture_measures import Luma
from functions.analyze.stretches.exposure import Exposure
from functions.analyze.stretches.stretch import Stretch


def landscape(gain: float) -> Luma:
    """Returns a picture with all levels, as a camera takes it with so much light."""
    levels = np.linspace(0.02, 0.9, 160, dtype=np.float32)
    return np.minimum(np.tile(levels * gain, (90, 1)), 1.0).astype(np.float32)


def page() -> Luma:
    white = np.ones((90, 160), np.float32)
    white[20:70:6, 20:140] = 0.1
    return white


def title() -> Luma:
    black = np.full((90, 160), 0.02, np.float32)
    black[40:50, 40:120] = 0.9
    return black


def watched(*pictures: Luma) -> list[Stretch]:
    """Returns what is found in pictures that are shown for half a second each."""
    exposure = Exposure()
    for number, picture in enumerate(pictures):
        exposure.observe(number / 2, picture)
    exposure.close(len(pictures) / 2)
    return exposure.found


def test_too_much_light_is_found_where_it_is() -> None:
    found = watched(*[landscape(1.0)] * 4, *[landscape(2.5)] * 4, *[landscape(1.0)] * 4)
    assert [(one.name, one.start_s, one.end_s) for one in found] == [("overexposed", 2.0, 4.0)]
    assert found[0].value == pytest.approx(0.58, abs=0.03)
    assert found[0].confidence > 0.9


def test_too_little_light_is_found_where_it_is() -> None:
    found = watched(*[landscape(1.0)] * 4, *[landscape(0.2)] * 4)
    assert [(one.name, one.start_s, one.end_s) for one in found] == [("underexposed", 2.0, 4.0)]
    assert found[0].value == pytest.approx(0.18, abs=0.01)


def test_the_nearer_to_the_limit_the_less_sure() -> None:
    (harsh,), (slight,) = watched(*[landscape(3.0)] * 4), watched(*[landscape(1.5)] * 4)
    assert 0.5 <= slight.confidence < 0.75 < harsh.confidence


@pytest.mark.parametrize("picture", [landscape(1.0), page(), title(), np.zeros((90, 160), np.float32)])
def test_what_is_meant_to_be_white_or_black_is_not_badly_exposed(picture: Luma) -> None:
    assert not watched(*[picture] * 6)
