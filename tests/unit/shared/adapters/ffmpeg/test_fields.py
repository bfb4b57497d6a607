"""When frames are taken for two moments each, by what FFmpeg finds in some of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_mock import MockerFixture

from shared.adapters.ffmpeg.fields import is_interlaced
from shared.adapters.ffmpeg.programs import Programs
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream


@pytest.mark.parametrize(
    ("said", "found", "expected"),
    [
        pytest.param(False, {"progressive": 60}, False, id="whole"),
        pytest.param(False, {"tff": 40, "progressive": 20}, True, id="woven though nothing says so"),
        pytest.param(False, {"bff": 40, "progressive": 20}, True, id="the other field first"),
        pytest.param(False, {"tff": 30, "progressive": 30}, False, id="no more than half"),
        pytest.param(False, {"tff": 20, "undetermined": 40}, False, id="too few that tell"),
        pytest.param(True, {"progressive": 60}, False, id="whole though it says otherwise"),
        pytest.param(True, {"undetermined": 60}, True, id="nothing moves: as it says"),
        pytest.param(True, {"tff": 30, "progressive": 30}, True, id="as many: as it says"),
        pytest.param(True, {"tff": 10, "bff": 15, "progressive": 30}, False, id="mostly whole"),
        pytest.param(False, {}, False, id="nothing decoded"),
        pytest.param(True, {}, True, id="nothing decoded: as it says"),
    ],
)
def test_most_frames_decide(
    said: bool, found: dict[str, int], expected: bool, tmp_path: Path, mocker: MockerFixture
) -> None:
    lines = [b"frame:0 pts:0\n"]
    lines += [
        f"lavfi.idet.multiple.current_frame={kind}\n".encode() for kind, n in found.items() for _ in range(n)
    ]

    @contextmanager
    def encode(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(stdout=lines)

    programs = mocker.create_autospec(Programs, instance=True)
    programs.encode.side_effect = encode
    media = media_info(video=(video_stream(interlaced=said),))
    assert is_interlaced(programs, tmp_path / "source", media, FakeStageContext(tmp_path)) is expected
