"""The stack with its real workers, on a data folder that something happened to before."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from socket import gethostname

import psutil
import pytest
from sqlalchemy import URL

from infra.local.data_dir import DataDirInUse, DataDirLock
from infra.local.session import Host, find_video, open_deployment
from infra.local.stack import Stack
from infra.local.submission import object_name
from shared.adapters.worker_name import worker_name
from shared.bootstrap import Bootstrap
from shared.domain.change import Claim
from shared.domain.errors import ConfigurationError, NotFound, PipelineError
from shared.domain.identity import video_id_of
from shared.domain.video import Video
from shared.ports.job_runner import Job, JobState
from shared.settings import Secret, Settings
from shared.testing.videos import upload

VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")


@pytest.fixture
def wiring(tmp_path: Path) -> Iterator[Bootstrap]:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))
    yield wiring
    wiring.local_bus.close()


def _register(wiring: Bootstrap, name: str = "ann/clip.mp4") -> None:
    register = wiring.lifecycle.register(upload(name), wiring.clock.now())
    wiring.repository.update(video_id_of("uploads", name), register)


def _claim(wiring: Bootstrap, stage: str = "ingest") -> Claim:
    claim = wiring.repository.update(
        VIDEO_ID, wiring.lifecycle.claim(stage, 1, "a worker that is gone", wiring.clock.now(), 3600)
    )
    assert isinstance(claim, Claim)
    return claim


@pytest.mark.reliability("B22", "B24")
def test_a_start_frees_what_a_killed_host_was_working_on(wiring: Bootstrap) -> None:
    _register(wiring)
    _claim(wiring)
    left = wiring.settings.data_dir / "work" / "half" / "done.mp4"
    left.parent.mkdir(parents=True)
    left.touch()
    wiring.bus.publish("upload-finalized", upload("ann/clip.mp4"))
    (message,) = wiring.local_bus.lease(1, 3600)

    with Stack(wiring, workers=1):
        attempt = wiring.repository.attempts(VIDEO_ID)[0]
        assert attempt.outcome == "interrupted"
        assert not left.exists()
    assert not wiring.local_bus.ack(message), "it was given to somebody else"


def test_leases_of_others_in_a_shared_database_are_left_alone(tmp_path: Path, postgresql: URL) -> None:
    url = Secret(postgresql.render_as_string(hide_password=False))
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error", database_url=url))
    with subprocess.Popen(["true"]) as ended:
        pass
    workers = {
        "ann/elsewhere.mp4": f"another-{gethostname()}:{ended.pid}",
        "ann/alive.mp4": worker_name(),
        "ann/gone.mp4": f"{gethostname()}:{ended.pid}",
    }
    for name, worker in workers.items():
        _register(wiring, name)
        claim = wiring.lifecycle.claim("ingest", 1, worker, wiring.clock.now(), 3600)
        wiring.repository.update(video_id_of("uploads", name), claim)

    with Stack(wiring, workers=1):
        left = {video.source.object for video in wiring.repository.leased()}
    assert left == {"ann/elsewhere.mp4", "ann/alive.mp4"}
    wiring.close()


def test_one_host_at_a_time(wiring: Bootstrap) -> None:
    with DataDirLock(wiring.settings.data_dir), pytest.raises(DataDirInUse), Stack(wiring, workers=1):
        pass
    with DataDirLock(wiring.settings.data_dir):
        pass  # The failed attempt holds nothing.


def test_draining_leaves_no_process_and_no_lease(wiring: Bootstrap) -> None:
    before = set(psutil.Process().children(recursive=True))
    with Stack(wiring, workers=2, watch=True):
        workers = set(psutil.Process().children(recursive=True)) - before
        assert len(workers) <= 2
        _register(wiring)
        _claim(wiring)
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert not alive
    assert _video(wiring).lease is None


def test_a_waiting_command_takes_over_when_the_host_is_gone(wiring: Bootstrap) -> None:
    with DataDirLock(wiring.settings.data_dir), Host(wiring, 1, lambda _job, _state: None) as host:
        assert not host.ensure()
        host.wake()
    with Host(wiring, 1, lambda _job, _state: None) as host:
        assert host.ensure()
        with pytest.raises(DataDirInUse), DataDirLock(wiring.settings.data_dir):
            pass


def test_finds_a_video_by_the_beginning_of_its_id(wiring: Bootstrap) -> None:
    for number in range(3):
        _register(wiring, f"ann/{number}.mp4")
    wanted = video_id_of("uploads", "ann/1.mp4")
    assert find_video(wiring, wanted).id == wanted
    assert find_video(wiring, wanted[:10]).id == wanted
    with pytest.raises(NotFound, match="3 videos"):
        find_video(wiring, "v")
    with pytest.raises(NotFound, match="automations list"):
        find_video(wiring, "nothing")


def test_files_of_one_name_in_two_folders_are_two_objects(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "clip.mp4", tmp_path / "b" / "clip.mp4"
    assert object_name(one) != object_name(other)
    assert object_name(one) == object_name(tmp_path / "b" / ".." / "a" / "clip.mp4")
    assert object_name(one).startswith("local/")
    assert object_name(one).endswith("/clip.mp4")


def _video(wiring: Bootstrap) -> Video:
    video = wiring.repository.get(VIDEO_ID)
    assert video is not None
    return video


def test_a_part_that_dies_is_told_instead_of_waiting_for_ever(wiring: Bootstrap) -> None:
    def exit_like_rich(_job: Job, _state: JobState) -> None:
        raise SystemExit(1)

    with Stack(wiring, workers=1, on_delivery=exit_like_rich) as stack:
        stack.watch_over(0.0)
        wiring.bus.publish("upload-finalized", upload("ann/clip.mp4"))
        with pytest.raises(PipelineError, match="dispatcher ended unexpectedly"):
            stack.watch_over(30.0)


def test_a_selected_strategy_that_is_not_there_is_told_before_any_work(tmp_path: Path) -> None:
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error", taggers=("keywords", "missing")))
    with pytest.raises(ConfigurationError, match="no 'missing' in automations"), Stack(wiring, workers=1):
        pass


def test_a_selected_program_that_is_not_there_is_told_before_any_work(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", log_level="error", ffmpeg=tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="is not a program"), Stack(Bootstrap(settings), workers=1):
        pass


def test_a_selected_model_that_is_not_named_is_told_before_any_work(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", log_level="error", transcriber="whisper")
    with (
        pytest.raises(ConfigurationError, match="AUTOMATIONS_WHISPER_MODEL"),
        Stack(Bootstrap(settings), workers=1),
    ):
        pass


def test_a_folder_without_data_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no data"):
        open_deployment(tmp_path, existing=True)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cant_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="Can't write to the data folder"):
        open_deployment(tmp_path / "file" / "data")
