"""Whole or in chunks, and why."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from pytest_mock import MockerFixture

from functions.transcode.pictures import Pictures
from functions.transcode.strategies.standard import StandardLadder
from shared.domain.chunks import Chunk, Chunking
from shared.domain.encoding import EncodingSettings, Look
from shared.domain.errors import PermanentError
from shared.ports.encoder import EncodedPictures, Encoder
from shared.ports.job_runner import TaskPool
from shared.processors.strategy import StrategyPorts
from shared.testing.jobs import FakeJobRunner
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream


def test_a_source_that_is_streamed_as_it_is_may_have_its_other_rungs_in_chunks(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    encoder = create_autospec(Encoder)
    encoder.look.return_value = Look(
        seconds=2.4, size=(640, 360), bits_per_pixel=0.1, peak_bits_per_pixel=0.1, is_aligned=True
    )
    chunk = mocker.Mock(spec=Chunk)
    encoder.plan_chunks.return_value = Chunking(chunks=(chunk,) * 3)
    made = EncodedPictures(rungs=(), proxy=tmp_path / "proxy.mp4", frames=1500, decode_errors=0)
    chunked = mocker.Mock()
    chunked.pool = TaskPool(
        function="encode",
        timeout_s=60,
        workers=2,
        cores=1,
        start_s=1,
        opened=lambda _folder: nullcontext(FakeJobRunner()),
    )
    chunked.encode.return_value = made
    ladder = StandardLadder(create_autospec(StrategyPorts))
    pictures = Pictures(encoder, ladder, EncodingSettings(chunks="always"), chunked, cores=2)
    stream = video_stream(
        width=1920, height=1080, profile="High", level=40, color_space="bt709", bitrate_bps=2_000_000
    )
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)
    pictures_made, choices = pictures.encode(context, media_info(duration_s=60.0, video=(stream,)))
    assert pictures_made is made
    assert chunked.encode.call_args.args[2].rungs[0].copy
    encoder.encode_pictures.assert_not_called()
    assert (choices[0].subject, choices[0].value) == ("mode", "chunked: 3 x 24 s")
    # Only what is wrong with cutting is no matter for the whole.
    chunked.encode.side_effect = PermanentError("corrupt", "The sound can't be decoded.")
    with pytest.raises(PermanentError, match="corrupt"):
        pictures.encode(context, media_info(duration_s=60.0, video=(stream,)))
    encoder.encode_pictures.assert_not_called()
    chunked.encode.side_effect = PermanentError("inexact_cut", "Chunk 2 can't be encoded by itself.")
    encoder.encode_pictures.return_value = made
    _, choices = pictures.encode(context, media_info(duration_s=60.0, video=(stream,)))
    encoder.encode_pictures.assert_called_once()
    assert (choices[0].value, choices[0].reason) == ("whole", "Chunk 2 can't be encoded by itself.")
