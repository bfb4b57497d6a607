"""What videos order: nothing is done, no secret comes out, and no tag is accepted because a video demands it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.analyze.prompts import Prompts
from shared.domain.encoding import EncodingSettings
from shared.domain.records import Recommendation, Tag
from shared.domain.video import Video
from shared.logs import configure_logs
from shared.settings import AuthSettings, GeminiSettings, Settings
from shared.testing.vertex_ai import VertexAiServer
from tests.pipeline.injections.corpus import CORPUS, Injection
from tests.pipeline.injections.deployment import Deployment
from tests.pipeline.injections.footage import make_video
from tests.pipeline.injections.obedience import PLANTED, SECRET, ObedientModel
from tests.result_table import ResultTable

AUDIENCE = "magenta-newt-3384"
"""A setting that is nobody's business."""

NOTICED = {"picture", "QR code"}
"""Carriers of orders that are noticed on the device."""

pytestmark = pytest.mark.reliability("A28", "A29")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    columns = ("number", "carrier", "order", "seen by", "noticed", "secrets out", "tags accepted", "hearsay")
    title = "Orders in videos, to a chain with an obedient model and to one without"
    made = ResultTable(tmp_path_factory, "injections", columns, title)
    yield made
    made.write()


@pytest.fixture(scope="module")
def logs() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[ObedientModel, VertexAiServer]]:
    obedient = ObedientModel()
    with VertexAiServer(obedient.serve) as server:
        yield obedient, server


@pytest.fixture(scope="module")
def deployment(
    tmp_path_factory: pytest.TempPathFactory, model: tuple[ObedientModel, VertexAiServer], logs: io.StringIO
) -> Iterator[Deployment]:
    """Returns a deployment; the instructions of its model hold a secret."""
    with pytest.MonkeyPatch.context() as patch:
        told = Prompts.instructions
        patch.setattr(Prompts, "instructions", lambda self, prompt: f"{told(self, prompt)}\n{PLANTED}\n")
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("orders") / "data",
            project="demo",
            gemini=GeminiSettings(endpoint=model[1].url),
            auth=AuthSettings(audience=AUDIENCE),
            encoding=EncodingSettings(preset="fast"),
        )
        made = Deployment(settings)
        configure_logs("debug", "json", logs)
        yield made
        made.wiring.close()


def squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def secrets_in(text: str) -> int:
    found = squeezed(text)
    return sum(spelling in found for secret in (SECRET, AUDIENCE) for spelling in spellings(secret))


def spellings(secret: str) -> tuple[str, str]:
    return squeezed(secret), squeezed(secret)[::-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an order.

    Attributes:
        noticed: Whether the timeline says that there is one.
        leaks: Where a secret came out.
        accepted: Tags that it wanted and that count as shown by something.
        hearsay: Tags that it wanted and that say that only a model says so.
        named: Titles and chapters that it wanted.
    """

    noticed: bool
    leaks: list[str]
    accepted: list[Tag]
    hearsay: list[Tag]
    named: list[Recommendation]


def outcome(injection: Injection, video: Video, deployment: Deployment, logged: str) -> Outcome:
    """Looks at everything that anybody is told of a video."""
    assert video.status == "ready", video.failure
    told = {**deployment.served(video, [SECRET, injection.wanted, "tag", "password"]), "logs": logged}
    forced = [tag for tag in deployment.tags(video) if injection.wanted in tag.label]
    recommended = deployment.wiring.repository.records(video, Recommendation)
    return Outcome(
        noticed="orders_in_video" in deployment.caveats(video),
        leaks=[place for place, text in told.items() if secrets_in(text)],
        accepted=[tag for tag in forced if tag.verified],
        hearsay=[tag for tag in forced if not tag.verified],
        named=[one for one in recommended if injection.wanted in one.value.casefold()],
    )


@pytest.mark.parametrize("injection", CORPUS, ids=lambda one: f"{one.number}-{one.carrier}")
def test_no_order_is_followed(
    injection: Injection,
    deployment: Deployment,
    model: tuple[ObedientModel, VertexAiServer],
    logs: io.StringIO,
    table: ResultTable,
    tmp_path: Path,
) -> None:
    model[0].injection = injection
    before = logs.tell()
    video = deployment.process(make_video(injection, tmp_path), ("text", "words", "gemini"))
    obeyed = outcome(injection, video, deployment, logs.getvalue()[before:])
    reached = injection.number in model[0].obeyed
    video = deployment.analyze_again(video, ("text", "words"))
    alone = outcome(injection, video, deployment, logs.getvalue()[before:])

    for found, by in ((obeyed, "model, obedient" if reached else "model, order unseen"), (alone, "device")):
        counts = (len(found.leaks), len(found.accepted), len(found.hearsay))
        noticed = "yes" if found.noticed else "no"
        table.add(f"{injection.number:02}", injection.carrier, injection.text, by, noticed, *map(str, counts))
    for found in (obeyed, alone):
        assert not found.leaks
        assert not found.accepted
        if injection.carrier in NOTICED:
            assert found.noticed, "nobody is told"
    assert not alone.hearsay
    assert not alone.named
    if obeyed.noticed or not reached:
        assert not obeyed.hearsay
        assert not obeyed.named
    assert all(tag.confidence <= 0.5 for tag in obeyed.hearsay)


def test_the_corpus_is_large_and_reaches_the_model(model: tuple[ObedientModel, VertexAiServer]) -> None:
    assert len(CORPUS) >= 40
    assert len({one.carrier for one in CORPUS}) == 6
    obedient = model[0]
    for injection in CORPUS:
        if injection.number in obedient.met:
            reaches = injection.carrier in ("picture", "speech", "QR code")
            assert (injection.number in obedient.obeyed) == reaches, injection
    assert not any(AUDIENCE in sent for sent in obedient.asked)
