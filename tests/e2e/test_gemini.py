"""`automations process --analyzer gemini` on a real file; only Vertex AI itself is a stand-in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.settings import GeminiSettings, Settings
from shared.testing.vertex_ai import VertexAiServer

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

ROOT = Path(__file__).parents[2]


def run(automations: Automations, settings: Mapping[str, str], *arguments: str | Path, exit_code: int = 0) -> str:
    environment = {**automations.environment(), "NO_GCE_CHECK": "true", **settings}
    done = subprocess.run(
        automations.command(*arguments), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == exit_code, f"{done.stdout}\n{done.stderr}"
    return done.stdout if exit_code == 0 else done.stderr


def search_by_meaning(automations: Automations, server: VertexAiServer, query: str) -> list[dict[str, Any]]:
    models = GeminiSettings(endpoint=server.url)
    wiring = Bootstrap(Settings(data_dir=automations.data_dir, project="demo", embedder="gemini", gemini=models))
    token = new_token(wiring, owner="local", role="viewer", hours=1)
    asked = Client(create_app(wiring)).get(
        "/v1/search", query_string={"q": query, "by": "meaning"}, headers={"Authorization": f"Bearer {token}"}
    )
    hits: list[dict[str, Any]] = asked.json["hits"]  # type: ignore[index]  # which is a JSON object
    return hits


def test_a_real_file_from_upload_to_search(automations: Automations, clip: Path) -> None:
    with VertexAiServer() as server:
        settings = {
            "AUTOMATIONS_PROJECT": "demo",
            "AUTOMATIONS_GEMINI__ENDPOINT": server.url,
            "AUTOMATIONS_EMBEDDER": "gemini",
        }
        chosen = ("--workers", "1", "--analyzer", "gemini", "--analyzer", "text")
        (video,) = json.loads(run(automations, settings, "process", *chosen, "--json", clip))
        assert (video["status"], video["failure"]) == ("ready", None)
        (tag,) = [each for each in video["tags"] if each["label"] == "test pattern"]
        assert tag["evidence"][0]["producer"] == "gemini"
        assert tag["evidence"][0]["frame_url"]
        found = {each["kind"]: each["value"] for each in video["recommendations"]}
        assert found["title"] == "Bars at 0 s"
        assert "chapter" not in found, "a video of one part needs none"

        (hit, *_) = search_by_meaning(automations, server, "glow of bars")
        assert (hit["video_id"], "glow" in hit["text"]) == (video["id"], True)

        asked = [each.path.rpartition(":")[2] for each in server.asked]
        assert asked.count("generateContent") == 1
        assert asked.count("predict") >= 1
        sent = server.asked[0].body["contents"][0]["parts"][0]["inlineData"]
        assert (sent["mimeType"], bool(sent["data"])) == ("video/mp4", True)

        run(automations, settings, "replay", video["id"], "--from", "analyze", *chosen)
        assert len(server.asked) == len(asked), "a replay pays for nothing again"
        timeline = " ".join(run(automations, settings, "timeline", video["id"]).split())
        assert timeline.count("1 model call (1,000 tokens read, 250 written), $0.0037 at list price") == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "AUTOMATIONS_PROJECT"),
        ({"AUTOMATIONS_PROJECT": "demo"}, "gcloud auth application-default login"),
    ],
)
def test_what_is_missing_is_told_before_any_work(
    automations: Automations, clip: Path, tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    data_dir = tmp_path / "data"
    # Somebody who runs this test may have credentials.
    settings = {**settings, "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none.json")}
    said = run(
        replace(automations, data_dir=data_dir), settings, "process", "--analyzer", "gemini", clip, exit_code=2
    )
    assert told in " ".join(said.split())
    assert not (data_dir / "uploads").exists()
