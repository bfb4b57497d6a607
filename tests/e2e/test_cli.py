"""The command line as people use it, on the whole chain."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import psutil
import pytest
from sqlalchemy import URL

from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.adapters.sql.sqlite import sqlite_url
from shared.testing.driver import VideoDriver
from shared.testing.videos import search_entry
from tests.e2e.conftest import ROOT, who_has

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

Workers = Callable[[subprocess.Popen[str]], list[psutil.Process]]


class TestProcess:
    def test_ready_failed_and_done_again(self, automations: Automations, clip: Path, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            shutil.copy(clip, tmp_path / folder / "same name.mp4")
        (tmp_path / "broken.mp4").write_bytes(clip.read_bytes()[:500])

        one, other, broken = automations.process(
            tmp_path / "a/same name.mp4", tmp_path / "b/same name.mp4", tmp_path / "broken.mp4", exit_code=1
        )

        assert one["id"] != other["id"]
        for video in (one, other):
            assert video["source"]["name"] == "same name.mp4"
            assert (video["owner"], video["status"], video["failure"]) == ("local", "ready", None)
            assert {rendition["kind"] for rendition in video["renditions"]} == {"video", "audio", "mp4"}
            shots = [segment for segment in video["segments"] if segment["kind"] == "shot"]
            assert [(shot["start_frame"], shot["end_frame"]) for shot in shots] == [(0, 10), (10, 20)]
            assert [shot["transition_in"] for shot in shots] == ["none", "cut"]
            assert {finding["producer"] for finding in video["findings"]} == {"loudness"}
            assert set(video["timings"]) == {"ingest", "transcode", "segment", "analyze", "tag"}
        assert broken["status"] == "failed"
        assert set(broken["failure"]) == {"code", "reason", "stage"}
        assert broken["failure"]["stage"] == "ingest"

    def test_the_same_file_again_is_a_new_run_of_the_same_video(
        self, automations: Automations, clip: Path
    ) -> None:
        (first,) = automations.process(clip)
        (second,) = automations.process(clip)
        assert second["id"] == first["id"]
        assert second["run"] == first["run"] + 1
        assert second["source"]["generation"] > first["source"]["generation"]

    @pytest.mark.reliability("A7", "A8", "A9", "A10")
    def test_odd_names(self, automations: Automations, clip: Path, tmp_path: Path) -> None:
        names = ["-version", "a:b.mp4", "concat:a|b", "img%03d.mp4", "two\nlines.mp4", "\u202egnp.mp4", "🎬 é.mp4"]
        for name in names:
            shutil.copy(clip, tmp_path / name)
        videos = automations.process(*(tmp_path / name for name in names))
        assert [video["status"] for video in videos] == ["ready"] * len(names)
        shown = [video["source"]["name"] for video in videos]
        assert shown == [*names[:4], r"two\x0alines.mp4", r"\u202egnp.mp4", "🎬 é.mp4"]

    def test_a_name_that_is_no_utf8(self, automations: Automations, clip: Path, tmp_path: Path) -> None:
        file = tmp_path / "caf\udce9.mp4"
        shutil.copy(clip, file)
        (video,) = automations.process(file)
        assert (video["status"], video["source"]["name"]) == ("ready", r"caf\udce9.mp4")

    def test_says_what_happens_and_how_it_ended(
        self, automations: Automations, clip: Path, tmp_path: Path
    ) -> None:
        text = tmp_path / "text.mp4"
        text.write_text("not a video")
        said = automations.run("process", clip, text, exit_code=1)
        assert "clip.mp4: transcode" in said
        assert "✓ clip.mp4  ready" in said
        assert "✗ text.mp4  failed  [not_video]".replace("  [", " [") in said.replace("  [", " [")

    def test_videos_kept_on_a_server(
        self,
        automations: Automations,
        clip: Path,
        tmp_path: Path,
        postgresql: URL,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        url = postgresql.render_as_string(hide_password=False)
        monkeypatch.setenv("AUTOMATIONS_DATABASE_URL", url)
        automations = replace(automations, data_dir=tmp_path / "data")
        (video,) = automations.process(clip)
        assert video["status"] == "ready"
        assert not list(automations.data_dir.glob("videos.db*"))
        assert json.loads(automations.run("list", "--json"))[0]["id"] == video["id"]
        assert video["id"] in automations.run("delete", video["id"], "--yes")
        for file in automations.data_dir.rglob("*"):
            assert not file.is_file() or str(postgresql.password).encode() not in file.read_bytes()

    @pytest.mark.parametrize("name", ["missing.mp4", "folder", "half.mp4.part"])
    def test_wrong_use_uploads_nothing(
        self, automations: Automations, clip: Path, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "half.mp4.part").touch()
        data_dir = tmp_path / "data"
        run = subprocess.run(
            [*automations.command("process", clip, tmp_path / name), "--data-dir", str(data_dir)],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        assert run.returncode == 2
        assert not (data_dir / "uploads").exists()


class TestOneVideo:
    def test_list_show_timeline_replay_delete(self, automations: Automations, clip: Path) -> None:
        (video,) = automations.process(clip)
        short = video["id"][:12]
        assert video["id"][:9] in automations.run("list")
        listed = json.loads(automations.run("list", "--json"))
        assert video["id"] in [each["id"] for each in listed]
        assert json.loads(automations.run("show", short, "--json"))["id"] == video["id"]
        assert "Renditions" in automations.run("show", short)
        assert "transcode" in automations.run("timeline", short)

        automations.run("replay", short, "--from", "segment")
        replayed = json.loads(automations.run("show", short, "--json"))
        assert replayed["run"] == video["run"] + 1
        assert replayed["renditions"] == video["renditions"], "what was made before is used as it is"
        automations.run("replay", short, "--from", "nowhere", exit_code=2)

        automations.run("delete", short, exit_code=2)
        assert json.loads(automations.run("show", short, "--json"))["status"] == "ready", "nobody was asked"
        automations.run("delete", short, "--yes")
        automations.run("show", short, exit_code=1)
        left = [path for path in automations.data_dir.rglob("*") if video["id"] in str(path) and path.is_file()]
        assert left == []

    def test_an_id_that_fits_nothing_or_too_much(self, automations: Automations, tmp_path: Path) -> None:
        for name in ("one.mp4", "two.mp4"):
            (tmp_path / name).write_text("not a video")
        automations.process(tmp_path / "one.mp4", tmp_path / "two.mp4", exit_code=1)
        automations.run("show", "zzz", exit_code=1)
        automations.run("show", "v", exit_code=1)

    def test_on_a_terminal_it_asks_before_it_deletes(self, automations: Automations, tmp_path: Path) -> None:
        (tmp_path / "one.mp4").write_text("not a video")
        (video,) = automations.process(tmp_path / "one.mp4", exit_code=1)
        terminal, stdin = pty.openpty()
        for answer, exit_code in ((b"n\n", 1), (b"y\n", 0)):
            assert video["id"] in automations.run("list", "--json")
            os.write(terminal, answer)
            run = subprocess.run(
                automations.command("delete", video["id"][:12]),
                cwd=ROOT,
                stdin=stdin,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert f"Delete one.mp4 ({video['id']}) for good?" in run.stdout + run.stderr
            assert run.returncode == exit_code, run.stderr
        (video,) = automations.process(tmp_path / "one.mp4", exit_code=1)
        unasked = automations.command("delete", video["id"], "--yes")
        subprocess.run(unasked, cwd=ROOT, stdin=stdin, check=True, timeout=60)
        assert video["id"] not in automations.run("list", "--json")
        for end in (terminal, stdin):
            os.close(end)


class TestUp:
    def test_picks_up_what_is_copied_in_serves_it_and_drains(
        self, automations: Automations, clip: Path, workers_of: Workers
    ) -> None:
        process = automations.up()
        workers = workers_of(process)
        folder = automations.data_dir / "uploads" / "ann"
        folder.mkdir(parents=True)
        shutil.copy(clip, folder / "dropped.mp4")
        automations.wait_for(process, "tag dropped.mp4: done")
        listed = json.loads(automations.run("show", _id_of(automations, "dropped.mp4"), "--json"))
        assert (listed["owner"], listed["status"]) == ("ann", "ready")

        started = monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        assert monotonic() - started < 10
        _, alive = psutil.wait_procs(workers, timeout=5)
        assert not alive

    def test_serves_the_api_beside_a_process_that_only_waits(self, automations: Automations, clip: Path) -> None:
        process = automations.up()
        (video,) = automations.process(clip)
        assert video["status"] == "ready"
        (log,) = [path for path in (automations.data_dir / "logs").iterdir() if path.name == "stack.log"]
        assert log.stat().st_size
        automations.run("up", "--port", "0", exit_code=2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0

    def test_answers_http(self, automations: Automations) -> None:
        process = subprocess.Popen(
            automations.command("up", "--port", "0"),
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        automations.started.append(process)
        url = automations.wait_for(process, "API").split()[-1]
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            assert json.load(answer) == {"status": "ok"}
        assert (automations.data_dir / "console.url").read_text() == url
        link, _, token = automations.wait_for(process, "Console").split()[-1].partition("#token=")
        assert link == f"{url}/"
        assert "/uploads/local/ (what the console shows" in automations.wait_for(process, "Uploads")
        assert who_has(url, token) == {"owner": "local", "role": "admin", "subject": "local"}
        anns = automations.run("token", "--owner", "ann", "--role", "viewer", "--hours", "1").strip()
        assert who_has(url, anns) == {"owner": "ann", "role": "viewer", "subject": "ann"}
        with pytest.raises(urllib.error.HTTPError, match="401"):
            who_has(url, anns[:-4] + "AAAA")
        followed = urllib.request.Request(f"{url}/v1/events", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(followed, timeout=10):
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
        assert not list(automations.data_dir.glob("*.db-*")), "the databases' journals are folded in"


@pytest.mark.reliability("A25")
def test_search_shows_what_was_found_and_where(automations: Automations, tmp_path: Path) -> None:
    automations = replace(automations, data_dir=tmp_path)
    automations.run("search", "train", exit_code=1)
    repository = SqlVideoRepository(main_database(sqlite_url(tmp_path / "videos.db")))
    driver = VideoDriver(repository)
    entry = search_entry("The night\x1b[31m [red]train[/red]", source="speech", start_s=61.5, confidence=0.2)
    video = driver.finish(driver.upload("local/a.mp4"), {"tag": [entry]})
    repository.close()

    link = f"http://127.0.0.1:8080/#/videos/{video.id}?t=61.50"
    shown = automations.run("search", "night trian")
    assert "spelt alike" in shown
    assert "1:01.5  said         The night [31m [red]train[/red]  (a guess)" in shown
    assert link in shown
    assert "\x1b" not in shown
    (hit,) = json.loads(automations.run("search", '"red train"', "--json", "--owner", "local"))
    assert (hit["url"], hit["fit"], hit["source"]) == (link, "whole", "speech")
    assert [piece["text"] for piece in hit["excerpt"] if piece["marked"]] == ["red]train"]
    assert "Nothing found." in automations.run("search", "boat", exit_code=1)
    automations.run("search", " - ", exit_code=2)
    (tmp_path / "console.url").write_text("http://127.0.0.1:8097")
    assert f"http://127.0.0.1:8097/#/videos/{video.id}" in automations.run("search", "night train")
    automations.run("search", "night", "--owner", "bob", exit_code=1)


def test_doctor_finds_everything_here(automations: Automations) -> None:
    assert "✗" not in automations.run("doctor")


def test_help_teaches_by_example() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "infra.local.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    for command in ("process", "up", "list", "show", "timeline", "replay", "delete", "token", "doctor", "demo"):
        assert command in run.stdout
    assert "automations process holiday.mp4" in run.stdout


def test_tokens_are_for_whoever_can_own(automations: Automations) -> None:
    for owner in ("", "../ann", ".ann"):
        automations.run("token", "--owner", owner, exit_code=2)
    automations.run("token", "--role", "root", exit_code=2)


def _id_of(automations: Automations, name: str) -> str:
    (row,) = [line for line in automations.run("list").splitlines() if name in line]
    return row.split()[0]
