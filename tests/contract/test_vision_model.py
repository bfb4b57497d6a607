"""What every VisionModel does, the fake included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.gemini import GeminiClient, GeminiVisionModel
from shared.ports.vision_model import Clip, Question, VisionModel
from shared.testing.models import FakeVisionModel
from shared.testing.stage_context import FakeStageContext
from shared.testing.vertex_ai import VertexAiServer, answer
from shared.testing.videos import object_ref

SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}


@pytest.fixture(params=["fake", "gemini"])
def model(request: pytest.FixtureRequest) -> Iterator[VisionModel]:
    if request.param == "fake":
        yield FakeVisionModel()
        return
    with VertexAiServer(lambda _: answer("", finish="SAFETY")) as server:
        yield GeminiVisionModel(GeminiClient("demo", "global", endpoint=server.url), "gemini-3.5-flash")


def test_it_watches_and_answers_or_says_why_not(model: VisionModel, tmp_path: Path) -> None:
    session = FakeStageContext(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(b"moving pictures")
    with model.footage(object_ref(content_type="video/mp4"), lambda: tmp_path / "clip.mp4") as footage:
        assert footage.content_type == "video/mp4"
        assert bool(footage.uri) != bool(footage.content)
        clip = Clip(footage=footage, start_s=0.0, end_s=4.0)
        reply = model.ask(Question(instructions="Look.", text="What?", schema=SCHEMA, clip=clip), session)
    assert reply.outcome == "refused"
    assert reply.reason
    assert session.spent.model_calls == 1
    assert session.spent.input_tokens > 0


def test_it_says_who_it_is_and_what_it_bears(model: VisionModel) -> None:
    assert model.name
    assert isinstance(model.parameters, str)
    assert model.longest_s >= 30
    assert model.parallel >= 1


def test_it_says_what_a_question_costs_before_it_is_asked(model: VisionModel) -> None:
    clip, text = model.expected_usd(600.0), model.expected_usd(0.0)
    assert model.priced
    assert clip is not None
    assert text is not None
    assert clip >= text >= 0.0
    assert model.cheaper is None
