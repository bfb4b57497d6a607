"""`automations evaluate`: two versions of the prompts whose answers differ, on videos whose tags people judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from functions.analyze.prompts import CURRENT, versions
from infra.local.cli import app
from shared.bootstrap import Bootstrap
from shared.domain.records import Finding, Record, Tag
from shared.domain.spending import ModelSpending, day_pot
from shared.domain.video import TagEdit, Video
from shared.environment import load_settings
from shared.runtime.editing import edit_video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.vertex_ai import Asked, Served, VertexAiServer, answer, failure
from shared.testing.videos import media_info
from shared.testing.videos import tag as made_tag
from tests.pipeline.watched_video import transcoded
from tests.unit.functions.tag.found import text

VIDEOS = 2
LENGTH_S = 20.0

OLD, NEW = CURRENT - 1, CURRENT

JUDGED = {"train": True, "snow": True, "station": True, "lottery winner": False, "banana": False}
"""What people say is in each video, and what is not."""

ANSWERS = {
    OLD: (["train", "lottery winner", "banana"], ["Platform 9", "Free Money"]),
    NEW: (["train", "snow", "banana", "mountain"], ["Platform 9"]),
}
"""What the model labels and quotes, asked by each version; "Platform 9" was read on the device."""

USD_A_VIDEO = (1000 * 1.5 + 250 * 9) / 1e6


def version_of(asked: Asked) -> int:
    told = asked.body["systemInstruction"]["parts"][0]["text"]
    return NEW if "browse a library" in told else OLD


def model_of(asked: Asked) -> str:
    return asked.path.rpartition("/")[2].partition(":")[0]


def said(labels: list[str], lines: list[str]) -> dict[str, Any]:
    at = {"start": "00:00", "end": "00:10"}
    return {
        "summary": "Trains.",
        "title": "Trains",
        "descriptions": [],
        "labels": [{"name": label, "confidence": 0.9, **at} for label in labels],
        "spoken": [],
        "shown": [{"text": line, **at} for line in lines],
        "chapters": [],
    }


def by_version(asked: Asked) -> Served:
    return answer(said(*ANSWERS[version_of(asked)]))


@dataclass
class Library:
    """Videos in a data folder, a model on loopback, and the command line over both."""

    folder: Path
    server: VertexAiServer
    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        environment = {
            "AUTOMATIONS_PROJECT": "demo",
            "AUTOMATIONS_GEMINI__ENDPOINT": self.server.url,
            "AUTOMATIONS_GEMINI__TRIES": "1",
            "NO_GCE_CHECK": "true",
            "COLUMNS": "160",
        }
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr("infra.local.evaluate.open_deployment", self.opened)
        self.open: list[Bootstrap] = []

    def opened(self, data_dir: Path | None, *, existing: bool) -> Bootstrap:
        """Returns the deployment, as the command does, but its log stays with the test."""
        assert (data_dir, existing) == (self.folder, True)
        self.open.append(Bootstrap(replace(load_settings(), data_dir=self.folder, log_level="error")))
        return self.open[-1]

    def close(self) -> None:
        for wiring in self.open:
            wiring.close()

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["evaluate", "--data-dir", str(self.folder), *arguments])

    def evaluated(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        done = self.run("--yes", "--json", *arguments)
        assert done.exit_code == exit_code, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def wiring(self) -> Bootstrap:
        return Bootstrap(Settings(data_dir=self.folder, log_level="error"))

    def add_videos(self, judged: dict[str, bool], videos: int = VIDEOS) -> None:
        self.folder.mkdir(exist_ok=True)
        wiring = self.wiring()
        driver = VideoDriver(wiring.repository)
        for number in range(videos):
            file = self.folder / "file"
            file.write_bytes(b"moving pictures")
            kept: dict[str, Sequence[Record]] = {
                "transcode": transcoded(wiring.blobs, f"videos/{number}/", file, LENGTH_S),
                "analyze": [text("Platform 9", end_s=10.0)],
                "tag": [made_tag("banana")],
            }
            video = driver.upload(f"local/{number}.mp4")
            video = driver.commit(driver.claim(video, "ingest"), media=media_info(duration_s=LENGTH_S))
            video = driver.finish(video, kept)
            edits = tuple(
                TagEdit(label=label, kind="topic", present=present, by="ann", found=made_tag(label))
                for label, present in sorted(judged.items())
            )

            def say(seen: Video, edits: tuple[TagEdit, ...] = edits) -> Video:
                return replace(seen, tag_edits=edits)

            edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, say)
        wiring.close()

    def stored(self) -> list[object]:
        """Returns all that is known of the videos."""
        wiring = self.wiring()
        videos = wiring.repository.list_videos(limit=10).videos
        records = [wiring.repository.records(video, kind) for video in videos for kind in (Finding, Tag)]
        attempts = [wiring.repository.attempts(video.id) for video in videos]
        files = sorted(str(path) for path in (self.folder / "media").rglob("*"))
        wiring.close()
        return [videos, records, attempts, files]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    with VertexAiServer(by_version) as server:
        made = Library(tmp_path / "data", server, monkeypatch)
        yield made
        made.close()


@pytest.fixture
def judged(library: Library) -> Library:
    library.add_videos(JUDGED)
    return library


def test_two_versions_are_compared_by_what_people_say(judged: Library) -> None:
    before = judged.stored()
    found = judged.evaluated()
    # Of "train", "snow" and "station", which are there, and "lottery winner" and "banana", which are not:
    old = {"right": 2, "wrong": 4, "missed": 4, "precision": 1 / 3, "recall": 1 / 3, "f1": 1 / 3}
    new = {"right": 4, "wrong": 2, "missed": 2, "precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3}
    asked = {"answers": VIDEOS, "unusable": 0.0, "failed": 0, "usd": VIDEOS * USD_A_VIDEO}
    baseline = old | asked | {"name": f"window.v{OLD}, gemini-3.5-flash", "quotes": 4, "invented": 0.5}
    candidate = new | asked | {"name": f"window.v{NEW}, gemini-3.5-flash", "quotes": 2, "invented": 0.0}
    assert found["baseline"] == pytest.approx(baseline)
    assert found["candidate"] == pytest.approx(candidate)
    assert sorted((one["label"], one["verdict"], one["found"], one["better"]) for one in found["changed"]) == [
        ("lottery winner", "rejected", False, True),
        ("lottery winner", "rejected", False, True),
        ("snow", "confirmed", True, True),
        ("snow", "confirmed", True, True),
    ]
    assert found["worse"] == []
    assert len(judged.server.asked) == 2 * VIDEOS
    assert judged.stored() == before, "nothing is written into videos"


def test_a_candidate_that_is_worse_ends_with_1(judged: Library) -> None:
    other_way = ("--baseline", str(NEW), "--candidate", str(OLD))
    found = judged.evaluated(*other_way, exit_code=1)
    assert [loss.partition(" is ")[0] for loss in found["worse"]] == ["F1", "the share of invented quotes"]
    assert not any(one["better"] for one in found["changed"])
    assert judged.evaluated(*other_way, "--tolerance", "0.5")["worse"] == []


def test_people_are_shown_a_table_and_the_cases_that_changed(judged: Library) -> None:
    done = judged.run("--yes")
    assert done.exit_code == 0
    rows = {line[:24].strip(): line[24:].split() for line in done.stdout.splitlines()}
    assert rows["F1"] == ["0.333", "0.667"]
    assert rows["Precision"] == ["0.333", "0.667"]
    assert rows["Cost"] == ["$0.0075", "$0.0075"]
    assert "50.0% of 4 quotes" in done.stdout
    assert "better: the candidate finds 'snow' (confirmed) in 0.mp4" in done.stdout
    assert "The candidate is no worse." in done.stdout
    estimate = 2 * VIDEOS * ((1500 + LENGTH_S * 102) * 1.5 + 500 * 9) / 1e6
    assert f"about ${estimate:.4f}, ${2 * estimate:.4f} at most" in done.stderr


def test_two_models_are_compared_with_the_prompts_in_use(judged: Library) -> None:
    found = judged.evaluated("--candidate-model", "gemini-3.1-flash-lite")
    assert found["baseline"]["name"] == f"window.v{CURRENT}, gemini-3.5-flash"
    assert found["candidate"]["name"] == f"window.v{CURRENT}, gemini-3.1-flash-lite"
    assert sorted(map(model_of, judged.server.asked)) == ["gemini-3.1-flash-lite"] * 2 + ["gemini-3.5-flash"] * 2
    assert found["candidate"]["usd"] == pytest.approx(VIDEOS * (1000 * 0.25 + 250 * 1.5) / 1e6)


def test_answers_that_can_not_be_used_count(judged: Library) -> None:
    def script(asked: Asked) -> Served:
        return answer("I see a train.") if version_of(asked) == NEW else by_version(asked)

    judged.server.script = script
    found = judged.evaluated(exit_code=1)
    candidate = found["candidate"]
    assert (candidate["answers"], candidate["unusable"], candidate["failed"]) == (2 * VIDEOS, 1.0, VIDEOS)
    assert (candidate["right"], candidate["missed"]) == (0, 3 * VIDEOS)
    assert "2 video(s) instead of 0 have no answer" in found["worse"]


def test_without_corrections_nothing_is_compared(library: Library) -> None:
    library.add_videos({})
    done = library.run("--yes")
    assert (done.exit_code, library.server.asked) == (2, [])
    assert "No ready video has corrected tags" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "it needs --yes"),
        (("--yes", "--at-most", "0.001"), "more than --at-most allows"),
        (("--yes", "--model", "gemini-9-flash"), "No list price is known for gemini-9-flash"),
        (("--yes", "--candidate", "99"), "There are no prompts 99"),
    ],
)
def test_nothing_is_asked_unless_its_cost_is_agreed(
    judged: Library, arguments: tuple[str, ...], told: str
) -> None:
    done = judged.run(*arguments)
    assert judged.server.asked == []
    assert (done.exit_code, told in " ".join(done.stderr.split())) == (2, True)


@pytest.mark.reliability("A39")
@pytest.mark.parametrize(
    "budget", [{"AUTOMATIONS_BUDGET__DAY_USD": "0.02"}, {"--at-most": "0.04"}], ids=["the day's", "its own"]
)
def test_it_ends_at_a_budget_and_compares_nothing(
    judged: Library, budget: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [each for pair in budget.items() if pair[0].startswith("--") for each in pair]
    for name, value in budget.items():
        if not name.startswith("--"):
            monkeypatch.setenv(name, value)
    dearer = answer(said(["train"], []), tokens=(5000, 1000, 0))
    judged.server.script = lambda _: dearer
    done = judged.run("--yes", *arguments)
    assert done.exit_code == 2
    assert "Nothing is compared" in done.stderr
    assert "[budget_exceeded]" in done.stderr
    assert 0 < len(judged.server.asked) < 2 * VIDEOS
    assert "F1" not in done.stdout


def test_it_counts_in_the_budget_of_the_day(judged: Library) -> None:
    judged.evaluated()
    wiring = judged.wiring()
    pot = day_pot(wiring.settings.budget, wiring.clock.now())
    kept = wiring.documents.get(ModelSpending, pot.empty.id, owner=None)
    wiring.close()
    assert kept is not None
    assert kept.committed_usd == pytest.approx(2 * VIDEOS * USD_A_VIDEO)
    assert kept.holds == ()


def test_an_outage_ends_it(judged: Library) -> None:
    judged.server.script = lambda _: failure(503)
    done = judged.run("--yes")
    assert (done.exit_code, "[model_unavailable]" in done.stderr) == (2, True)


def test_the_newest_version_is_the_candidate_until_it_is_in_use(
    judged: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions()[-1] == CURRENT
    monkeypatch.setattr("functions.analyze.prompts.CURRENT", OLD)
    found = judged.evaluated()
    assert (found["baseline"]["name"][:9], found["candidate"]["name"][:9]) == (f"window.v{OLD}", f"window.v{NEW}")


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    done = CliRunner().invoke(app, ["evaluate", "--help"])
    shown = " ".join(done.stdout.split())
    for said in ("automations evaluate --candidate 3", "Exit status", "Invented", "--tolerance", "window.v3.md"):
        assert said in shown
