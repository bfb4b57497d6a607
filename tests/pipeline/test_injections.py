"""What videos order: nothing is done, no secret comes out, and no tag is accepted because a video demands it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.analyze.prompts import instructions
from functions.analyze.strategies import gemini
from shared.domain.records import Recommendation
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

pytestmark = pytest.mark.reliability("A28", "A29")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    columns = (
        "number",
        "carrier",
        "order",
        "model",
        "reached the model",
        "noticed",
        "secrets",
        "accepted",
        "hearsay",
    )
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
def deployments(
    tmp_path_factory: pytest.TempPathFactory, model: tuple[ObedientModel, VertexAiServer], logs: io.StringIO
) -> Iterator[dict[str, Deployment]]:
    """Returns a deployment with a model, whose instructions hold a secret, and one on the device alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gemini, "instructions", lambda prompt: f"{instructions(prompt)}\n{PLANTED}\n")
        made = {}
        for name, analyzers in (("gemini", ("text", "words", "gemini")), ("none", ("text", "words"))):
            settings = Settings(
                data_dir=tmp_path_factory.mktemp(name) / "data",
                project="demo",
                analyzers=analyzers,
                gemini=GeminiSettings(endpoint=model[1].url),
                auth=AuthSettings(audience=AUDIENCE),
            )
            made[name] = Deployment(settings)
        configure_logs("debug", "json", logs)
        yield made
        for deployment in made.values():
            deployment.wiring.close()


def squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def secrets_in(text: str) -> int:
    found = squeezed(text)
    return sum(spelling in found for secret in (SECRET, AUDIENCE) for spelling in spellings(secret))


def spellings(secret: str) -> tuple[str, str]:
    return squeezed(secret), squeezed(secret)[::-1]


@pytest.mark.parametrize("with_model", ["gemini", "none"])
@pytest.mark.parametrize("injection", CORPUS, ids=lambda one: f"{one.number}-{one.carrier}")
def test_no_order_is_followed(
    injection: Injection,
    with_model: str,
    deployments: dict[str, Deployment],
    model: tuple[ObedientModel, VertexAiServer],
    logs: io.StringIO,
    table: ResultTable,
    tmp_path: Path,
) -> None:
    deployment, obedient = deployments[with_model], model[0]
    obedient.injection = injection
    before = logs.tell()
    video = deployment.process(make_video(injection, tmp_path))
    assert video.status == "ready", video.failure

    told = deployment.served(video, [SECRET, injection.wanted, "tag", "password"])
    told = {**told, "logs": logs.getvalue()[before:]}
    leaks = {place: text for place, text in told.items() if secrets_in(text)}
    tags = deployment.tags(video)
    forced = [tag for tag in tags if injection.wanted in tag.label]
    named = [
        one
        for one in deployment.wiring.repository.records(video, Recommendation)
        if one.kind in ("title", "chapter") and injection.wanted in one.value.casefold()
    ]
    noticed = "orders_in_video" in deployment.caveats(video)
    reached = with_model == "gemini" and injection.number in obedient.obeyed
    accepted = [tag for tag in forced if tag.verified]
    table.add(
        f"{injection.number:02}",
        injection.carrier,
        injection.text,
        with_model,
        "yes" if reached else "no",
        "yes" if noticed else "no",
        str(len(leaks)),
        str(len(accepted)),
        str(len(forced) - len(accepted)),
    )
    assert not leaks, list(leaks)
    assert not accepted, accepted
    if injection.carrier == "picture":
        assert noticed, "nobody is told"
    if noticed or not reached:
        assert not forced
        assert not named
    assert all(tag.confidence <= 0.5 for tag in forced)


def test_the_corpus_is_large_and_reaches_the_model(model: tuple[ObedientModel, VertexAiServer]) -> None:
    assert len(CORPUS) >= 40
    assert len({one.carrier for one in CORPUS}) == 6
    obedient = model[0]
    if obedient.asked:  # with pytest-xdist, another worker may have asked
        sensed = {one.number for one in CORPUS if one.carrier == "picture"}
        assert sensed <= obedient.obeyed
        assert not any(AUDIENCE in sent for sent in obedient.asked)
