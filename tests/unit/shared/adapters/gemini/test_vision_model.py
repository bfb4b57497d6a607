"""Google's real client against a server on loopback that answers in every way Vertex AI can."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import RefreshError

from infra.cost.measurements import assumed
from shared.adapters.gemini import GeminiClient, GeminiVisionModel, Staging
from shared.domain.errors import ConfigurationError, PermanentError, TransientError
from shared.domain.video import Cost
from shared.ports.vision_model import Clip, Footage, Question, Reply
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.stage_context import FakeStageContext
from shared.testing.vertex_ai import Asked, Served, VertexAiServer, answer, failure, reset
from shared.testing.videos import object_ref

MODEL = "gemini-3.5-flash"
SCHEMA = {"type": "object", "properties": {"start": {"type": "string"}}, "required": ["start"]}
IN_CLOUD = Footage(content_type="video/mp4", uri="gs://media/videos/v/download.mp4")


@pytest.fixture
def server() -> Iterator[VertexAiServer]:
    with VertexAiServer(lambda _: answer({"start": "00:01"})) as server:
        yield server


@pytest.fixture
def session(tmp_path: Path) -> FakeStageContext:
    return FakeStageContext(tmp_path)


def model_of(server: VertexAiServer, name: str = MODEL, **values: Any) -> GeminiVisionModel:
    connection = {"timeout_s": 20.0, "tries": 3, "pause_s": 0.001} | values.pop("connection", {})
    return GeminiVisionModel(GeminiClient("demo", "global", endpoint=server.url, **connection), name, **values)


def question(footage: Footage = IN_CLOUD) -> Question:
    clip = Clip(footage=footage, start_s=60.0, end_s=72.5)
    return Question(instructions="Be brief.", text="What happens?", schema=SCHEMA, clip=clip)


def in_turn(*served: Served) -> Any:
    """Returns a script: each request gets the next, then all get the last."""
    return lambda asked: served[min(asked.number, len(served)) - 1]


def test_the_request_is_what_the_reference_says(server: VertexAiServer, session: FakeStageContext) -> None:
    model = model_of(server, fps=0.5, media_resolution="medium", max_output_tokens=2048)
    assert model.ask(question(), session) == Reply(outcome="complete", text='{"start": "00:01"}')
    (asked,) = server.asked
    assert asked.path == f"/v1/projects/demo/locations/global/publishers/google/models/{MODEL}:generateContent"
    assert asked.headers["authorization"] == "Bearer none"
    assert asked.body == {
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {
                        "fileData": {"fileUri": IN_CLOUD.uri, "mimeType": "video/mp4"},
                        "videoMetadata": {"startOffset": "60.000s", "endOffset": "72.500s", "fps": 0.5},
                    },
                    {"text": "What happens?"},
                ],
            }
        ],
        "generationConfig": {
            "maxOutputTokens": 2048,
            "responseMimeType": "application/json",
            "responseSchema": {
                "type": "OBJECT",
                "properties": {"start": {"type": "STRING"}},
                "required": ["start"],
            },
            "mediaResolution": "MEDIA_RESOLUTION_MEDIUM",
            "thinkingConfig": {"thinkingLevel": "LOW"},
        },
    }


def test_a_question_about_text_sends_no_video(server: VertexAiServer, session: FakeStageContext) -> None:
    model_of(server).ask(Question(instructions="Be brief.", text="Sum up.", schema=SCHEMA), session)
    assert server.asked[0].body["contents"] == [{"role": "user", "parts": [{"text": "Sum up."}]}]


def test_what_is_expected_to_cost_is_what_the_estimate_of_videos_assumes(server: VertexAiServer) -> None:
    """Ten minutes in one window, as `automations estimate` reckons them."""
    read = 600 * (assumed("gemini.frame_tokens") + assumed("gemini.sound_tokens_s")) + assumed(
        "gemini.question_tokens"
    )
    written = 600 * assumed("gemini.answer_tokens_s")
    usd = (read * 1.5 + written * 9.0) / 1e6
    model = model_of(server)
    assert model.expected_usd(600.0) == pytest.approx(usd)
    assert model_of(server, media_resolution="high").expected_usd(600.0) == pytest.approx(
        usd + 600 * 210 * 1.5 / 1e6
    )
    heard = model.expected_usd(600.0, sound_only=True)
    assert heard == pytest.approx(usd - 600 * assumed("gemini.frame_tokens") * 1.5 / 1e6)
    assert model_of(server, "gemini-9-flash").expected_usd(600.0) is None


class TestFootage:
    def test_in_the_cloud_the_model_reads_it_where_it_lies(self, server: VertexAiServer) -> None:
        video = object_ref("videos/v/download.mp4", content_type="video/mp4", size_bytes=10**12)
        with model_of(server, in_cloud=True).footage(video, lambda: pytest.fail("fetched")) as footage:
            assert footage == IN_CLOUD

    def test_a_small_one_is_sent_along(
        self, server: VertexAiServer, session: FakeStageContext, tmp_path: Path
    ) -> None:
        (tmp_path / "clip.mp4").write_bytes(b"moving pictures")
        model = model_of(server)
        video = object_ref(content_type="video/mp4", size_bytes=14_000_000)
        with model.footage(video, lambda: tmp_path / "clip.mp4") as footage:
            model.ask(question(footage), session)
        sent = server.asked[0].body["contents"][0]["parts"][0]["inlineData"]
        assert sent["mimeType"] == "video/mp4"
        assert base64.b64decode(sent["data"]) == b"moving pictures"

    def test_a_larger_one_is_put_where_the_model_can_read_it_while_it_watches(
        self, server: VertexAiServer, tmp_path: Path
    ) -> None:
        (tmp_path / "clip.mp4").write_bytes(b"moving pictures")
        blobs = InMemoryBlobStore()
        video = object_ref(content_type="video/mp4", size_bytes=14_000_001)
        model = model_of(server, staging=Staging(blobs, "staging"))
        with model.footage(video, lambda: tmp_path / "clip.mp4") as footage:
            (copy,) = blobs.list_objects("staging")
            assert footage == Footage(content_type="video/mp4", uri=f"gs://staging/{copy.ref.name}")
        assert not list(blobs.list_objects("staging"))

    def test_without_such_a_place_people_are_told_what_to_set(self, server: VertexAiServer) -> None:
        video = object_ref(size_bytes=14_000_001)
        with (
            pytest.raises(PermanentError, match="AUTOMATIONS_GEMINI__BUCKET") as raised,
            model_of(server).footage(video, lambda: pytest.fail("fetched")),
        ):
            pass
        assert raised.value.code == "too_large_for_model"


class TestTheBill:
    def test_every_token_is_on_it(self, server: VertexAiServer, session: FakeStageContext) -> None:
        server.script = lambda _: answer("{}", tokens=(1_000_000, 100_000, 11_000))
        model_of(server).ask(question(), session)
        bill = session.spent
        assert (bill.model_calls, bill.input_tokens, bill.output_tokens) == (1, 1_000_000, 111_000)
        assert bill.model_usd == pytest.approx(1.5 + 0.999)

    def test_every_request_is_a_step_of_its_trace(self, server: VertexAiServer, session: FakeStageContext) -> None:
        server.script = in_turn(failure(503), answer("{}"))
        model_of(server).ask(question(), session)
        about = {"gen_ai.provider.name": "gcp.vertex_ai", "gen_ai.request.model": MODEL}
        assert session.steps == [(MODEL, about)] * 2

    def test_a_model_without_a_known_price(self, server: VertexAiServer, session: FakeStageContext) -> None:
        model = model_of(server, "gemini-9-flash")
        model.ask(question(), session)
        assert (model.priced, session.spent.input_tokens, session.spent.model_usd) == (False, 1000, 0.0)
        assert model_of(server).priced

    def test_the_price_holds_where_it_was_published_for(self, server: VertexAiServer) -> None:
        client = GeminiClient("demo", "europe-west1", endpoint=server.url)
        assert not GeminiVisionModel(client, MODEL).priced

    def test_a_request_is_on_it_before_the_answer_is_there(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        during: list[Cost] = []

        def look(_: Asked) -> Served:
            during.append(session.spent)
            return answer("{}")

        server.script = look
        model_of(server).ask(question(), session)
        assert during == [Cost(model_calls=1)]


@pytest.mark.reliability("B20")
class TestTryingAgain:
    @pytest.mark.parametrize(
        "first",
        [
            failure(429, "RESOURCE_EXHAUSTED"),
            failure(408),
            failure(500, "INTERNAL"),
            failure(503),
            failure(504, "DEADLINE_EXCEEDED"),
            Served(status=502, body=b"<html>Bad gateway</html>"),
            Served(body=b"not json"),
            Served(body=b'{"candidates": "none"}'),
            Served(body=b'{"candidates": [{"content": {"par'),
            reset(),
        ],
        ids=["429", "408", "500", "503", "504", "502", "no json", "other json", "cut json", "reset"],
    )
    def test_what_passes_is_waited_out(
        self, server: VertexAiServer, session: FakeStageContext, first: Served
    ) -> None:
        server.script = in_turn(first, answer("{}"))
        assert model_of(server).ask(question(), session).outcome == "complete"
        assert (session.spent.model_calls, session.spent.input_tokens) == (2, 1000)

    @pytest.mark.parametrize("each", [failure(429, "RESOURCE_EXHAUSTED"), failure(500), reset()])
    def test_what_does_not_pass_is_given_up_for_now(
        self, server: VertexAiServer, session: FakeStageContext, each: Served
    ) -> None:
        server.script = in_turn(each)
        with pytest.raises(TransientError, match="model_unavailable"):
            model_of(server).ask(question(), session)
        assert len(server.asked) == 3
        assert session.spent == Cost(model_calls=3)

    def test_an_overloaded_model_is_left_alone_for_a_while(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        server.script = in_turn(failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded."))
        with pytest.raises(TransientError, match="Quota exceeded") as raised:
            model_of(server).ask(question(), session)
        assert raised.value.retry_after_s == 60

    def test_an_answer_that_does_not_come(self, server: VertexAiServer, session: FakeStageContext) -> None:
        hold = threading.Event()
        server.script = lambda _: Served(wait_for=hold)
        try:
            with pytest.raises(TransientError, match="ReadTimeout"):
                model_of(server, connection={"timeout_s": 0.1}).ask(question(), session)
        finally:
            hold.set()
        assert session.spent == Cost(model_calls=3)

    @pytest.mark.parametrize(
        ("status", "reason", "kind", "code"),
        [
            (400, "INVALID_ARGUMENT", PermanentError, "model_request_refused"),
            (413, "TOO_LARGE", PermanentError, "model_request_refused"),
            (401, "UNAUTHENTICATED", ConfigurationError, "model_not_allowed"),
            (403, "PERMISSION_DENIED", ConfigurationError, "model_not_allowed"),
            (404, "NOT_FOUND", ConfigurationError, "model_not_found"),
        ],
    )
    def test_what_waiting_does_not_help_is_told_at_once(
        self,
        server: VertexAiServer,
        session: FakeStageContext,
        status: int,
        reason: str,
        kind: type[PermanentError | ConfigurationError],
        code: str,
    ) -> None:
        server.script = in_turn(failure(status, reason, "That is why."))
        with pytest.raises(kind, match="That is why") as raised:
            model_of(server).ask(question(), session)
        assert raised.value.code == code
        assert len(server.asked) == 1

    def test_a_closed_client_is_made_anew_once_for_all_who_meet_it(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        client = GeminiClient("demo", "global", endpoint=server.url)
        model = GeminiVisionModel(client, MODEL)
        client._sdk.close()
        with ThreadPoolExecutor(8) as pool:
            replies = [*pool.map(lambda _: model.ask(question(), session), range(8))]
        assert {reply.outcome for reply in replies} == {"complete"}
        assert session.spent.model_calls == len(server.asked) == 8


class TestTime:
    def test_nothing_is_asked_that_could_not_be_answered_in_time(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        session.deadline_s = 9.0
        with pytest.raises(TransientError, match="model_out_of_time"):
            model_of(server).ask(question(), session)
        assert server.asked == []
        assert session.spent == Cost()

    def test_the_wait_for_an_answer_ends_with_the_stage(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        session.deadline_s = 20.0
        model_of(server, connection={"timeout_s": 180.0}).ask(question(), session)
        assert server.asked[0].headers["x-server-timeout"] == "15"

    def test_no_pause_outlasts_the_stage(self, server: VertexAiServer, session: FakeStageContext) -> None:
        session.deadline_s = 15.0
        server.script = in_turn(failure(503))
        with pytest.raises(TransientError, match="model_unavailable"):
            model_of(server, connection={"pause_s": 60.0}).ask(question(), session)
        assert len(server.asked) == 1


class TestOutcomes:
    @pytest.mark.parametrize("finish", ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"])
    def test_a_refused_answer(self, server: VertexAiServer, session: FakeStageContext, finish: str) -> None:
        body = {"candidates": [{"finishReason": finish}], "usageMetadata": {"promptTokenCount": 7}}
        server.script = in_turn(Served(body=json.dumps(body).encode()))
        assert model_of(server).ask(question(), session) == Reply(outcome="refused", reason=finish)
        assert session.spent.input_tokens == 7

    def test_a_blocked_question(self, server: VertexAiServer, session: FakeStageContext) -> None:
        body = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 7}}
        server.script = in_turn(Served(body=json.dumps(body).encode()))
        reply = model_of(server).ask(question(), session)
        assert reply == Reply(outcome="refused", reason="the request was blocked: PROHIBITED_CONTENT")

    def test_an_answer_that_was_cut_off(self, server: VertexAiServer, session: FakeStageContext) -> None:
        server.script = in_turn(answer('{"start": "00', finish="MAX_TOKENS"))
        assert model_of(server).ask(question(), session).outcome == "too_long"

    @pytest.mark.parametrize("body", [{}, {"candidates": []}, {"candidates": [{"finishReason": "OTHER"}]}])
    def test_no_answer_at_all(
        self, server: VertexAiServer, session: FakeStageContext, body: dict[str, Any]
    ) -> None:
        server.script = in_turn(Served(body=json.dumps(body).encode()))
        assert model_of(server).ask(question(), session) == Reply(outcome="complete", text="")

    def test_nothing_more_is_asked_than_was_counted(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        candidate = {"finishReason": "CONTINUATION", "continuationToken": base64.b64encode(b"more").decode()}
        server.script = in_turn(Served(body=json.dumps({"candidates": [candidate]}).encode()), answer("{}"))
        model_of(server).ask(question(), session)
        assert len(server.asked) == session.spent.model_calls == 1

    def test_thoughts_are_no_part_of_it_and_parts_belong_together(
        self, server: VertexAiServer, session: FakeStageContext
    ) -> None:
        parts = [{"text": "Hm.", "thought": True}, {"text": '{"start":'}, {"text": ' "00:01"}'}]
        body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
        server.script = in_turn(Served(body=json.dumps(body).encode()))
        assert model_of(server).ask(question(), session).text == '{"start": "00:01"}'


class TestCredentials:
    def test_none_are_asked_for_where_there_are_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
        with pytest.raises(ConfigurationError, match="gcloud auth application-default login"):
            GeminiClient("demo", "global")

    def test_those_that_were_revoked(
        self, session: FakeStageContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "credentials.json"
        user = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
        file.write_text(json.dumps(user))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        client = GeminiClient("demo", "global")
        # The client asks Google for a token; here it is told that there is none any more.
        monkeypatch.setattr(client._credentials, "refresh", _revoked)
        with pytest.raises(ConfigurationError, match="no_google_credentials"):
            GeminiVisionModel(client, MODEL).ask(question(), session)


def _revoked(_request: object) -> None:
    raise RefreshError("Token has been revoked.")
