"""Whole or in chunks, and why."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import create_autospec

from pytest_mock import MockerFixture

from functions.transcode.pictures import Pictures
from functions.transcode.strategies.standard import StandardLadder
from shared.domain.encoding import EncodingSettings, Look
from shared.ports.encoder import EncodedPictures, Encoder
from shared.processors.strategy import StrategyPorts
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream


def test_a_source_that_is_streamed_as_it_is_stays_whole(tmp_path: Path, mocker: MockerFixture) -> None:
    """A chunk has no part of a stream that nothing encodes."""
    encoder = create_autospec(Encoder)
    encoder.look.return_value = Look(
        seconds=2.4, size=(640, 360), bits_per_pixel=0.1, peak_bits_per_pixel=0.1, is_aligned=True
    )
    encoder.encode_pictures.return_value = EncodedPictures(
        rungs=(), proxy=tmp_path / "proxy.mp4", frames=1500, decode_errors=0
    )
    chunked = mocker.Mock()
    ladder = StandardLadder(create_autospec(StrategyPorts))
    pictures = Pictures(encoder, ladder, EncodingSettings(chunks="always"), chunked, cores=2)
    stream = video_stream(
        width=1920, height=1080, profile="High", level=40, color_space="bt709", bitrate_bps=2_000_000
    )
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)
    _, choices = pictures.encode(context, media_info(duration_s=60.0, video=(stream,)))
    plan = encoder.encode_pictures.call_args.args[2]
    assert plan.rungs[0].copy
    chunked.encode.assert_not_called()
    assert (choices[0].subject, choices[0].value) == ("mode", "whole")
    assert "top rung" in choices[0].reason
