from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from functions.tag.meaning import Passage, embeddings, passages
from functions.tag.stage import TagStage
from shared.domain.errors import TransientError
from shared.domain.records import Embedding
from shared.ports.tool_session import ToolSession
from shared.testing.models import FakeEmbedder
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info
from tests.unit.functions.tag.found import span, text, told, words

SCENES = (span("scene", 0.0, 4.0), span("scene", 4.0, 10.0, index=1))


def test_the_whole_and_each_scene_is_a_passage() -> None:
    findings = [
        told("summary", "Trains in winter.", end_s=10.0),
        told("suggested_title", "Winter trains", end_s=10.0),
        words("All aboard!", start_s=1.0, end_s=2.0),
        told("description", "A train leaves.", end_s=4.0),
        told("description", "Snow falls.", start_s=4.0, end_s=10.0),
        text("Platform 9", start_s=3.9, end_s=8.0),
        text("Platform 9", start_s=3.95, end_s=8.0),
    ]
    assert [(each.text, each.start_s, each.end_s) for each in passages(SCENES, findings, 10.0)] == [
        ("Winter trains. Trains in winter.", 0.0, 10.0),
        ("A train leaves. All aboard! Platform 9", 0.0, 4.0),
        ("Snow falls.", 4.0, 10.0),
    ]


def test_where_nothing_is_known_in_words_there_is_none() -> None:
    assert passages(SCENES, [], 10.0) == []
    assert [each.text for each in passages((), [text("Platform 9")], 10.0)] == ["Platform 9"]


def test_of_hours_with_very_many_scenes_neighbours_are_one() -> None:
    scenes = [span("scene", 2.0 * index, 2.0 * index + 2.0, index=index) for index in range(7200)]
    findings = [words(f"word {index}", start_s=2.0 * index, end_s=2.0 * index + 1) for index in range(7200)]
    found = passages(scenes, findings, 14400.0)
    assert 100 < len(found) <= 200
    assert all(len(each.text) <= 2000 for each in found)


@pytest.fixture
def context(tmp_path: Path) -> FakeStageContext:
    findings = (told("description", "A train leaves."), words("All aboard!"))
    return FakeStageContext(tmp_path, media=media_info(), inputs=(*SCENES, *findings))


def test_the_vectors_are_paid_for_once(context: FakeStageContext) -> None:
    embedder = FakeEmbedder(priced=False)
    stage = TagStage([], embedder)
    (point,) = [record for record in stage.run(context).records if isinstance(record, Embedding)]
    assert (point.text, point.start_s, point.end_s) == ("A train leaves. All aboard!", 0.0, 4.0)
    assert point.model == embedder.model
    assert math.hypot(*point.vector) == pytest.approx(1.0)
    assert [caveat.code for caveat in context.caveats] == ["model_price_unknown"]
    assert (context.spent.model_calls, embedder.embedded) == (1, [point.text])

    assert point in stage.run(context).records
    assert embedder.embedded == [point.text]


def test_an_outage_costs_only_what_it_interrupted(tmp_path: Path) -> None:
    class Failing(FakeEmbedder):
        down = True

        def embed(
            self, texts: Sequence[str], purpose: Literal["document", "query"], session: ToolSession | None
        ) -> Sequence[tuple[float, ...]]:
            if self.down and self.embedded:
                raise TransientError("model_unavailable", "It is busy.")
            return super().embed(texts, purpose, session)

    about = [Passage(text=f"passage {index}", start_s=index, end_s=index + 1.0) for index in range(50)]
    embedder, context = Failing(), FakeStageContext(tmp_path, media=media_info())
    with pytest.raises(TransientError):
        list(embeddings(embedder, about, context))

    embedder.down = False
    assert [point.text for point in embeddings(embedder, about, context)] == [each.text for each in about]
    assert embedder.embedded == [each.text for each in about], "none twice"


def test_without_an_embedder_nothing_is_embedded(context: FakeStageContext) -> None:
    stage = TagStage([])
    assert not [record for record in stage.run(context).records if isinstance(record, Embedding)]
