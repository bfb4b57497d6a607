"""What CONTRIBUTING.md tells people to do is done here, with the very text of the page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

import functions
import shared.adapters
from functions.tag.strategies import TAGGERS
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.domain.records import Finding
from shared.pipeline import DEFAULT_PIPELINE
from shared.ports.text_reader import TextReader
from shared.processors.tagger import TaggingInput
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.models import FakeTextReader
from shared.testing.videos import delivery_of, media_info, shot

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def block(path: str) -> str:
    """Returns the code block whose first line is a comment with this path."""
    for text in [*blocks("python"), *blocks("toml")]:
        if text.startswith(f"# {path}\n"):
            return text
    raise AssertionError(f"CONTRIBUTING.md has no block '# {path}'")


def write(folder: Path, path: str) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(block(path))


def test_a_processor_from_outside_is_used_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "longtakes/longtakes/plugin.py")
    write(tmp_path, "longtakes/pyproject.toml")
    site = tmp_path / "site"
    install = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--offline", "--no-deps"]
    install += ["--no-build-isolation", "--python", sys.executable, "--target", str(site)]
    subprocess.run([*install, str(tmp_path / "longtakes")], check=True)
    monkeypatch.syspath_prepend(site)
    invalidate_caches()

    ports = Bootstrap(Settings(data_dir=tmp_path))
    assert "long-takes" in TAGGERS.names()
    tagger = TAGGERS.create("long-takes", ports)
    shots = [shot(0, 0, 5), shot(1, 5, 70)]
    (tag,) = tagger.tag(TaggingInput(media=media_info(), segments=shots, findings=[]))
    assert (tag.label, tag.evidence[0].start_s) == ("long take", 5)


def test_a_processor_that_is_selected_but_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no 'long-takes'.*keywords"):
        TAGGERS.create("long-takes", Bootstrap(Settings(data_dir=tmp_path)))


def test_a_new_stage_is_a_folder_and_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = map(json.loads, blocks("json"))
    flow = json.loads(DEFAULT_PIPELINE.read_text())
    names = [stage["stage"] for stage in flow["stages"]]
    position = names.index("analyze")
    flow["stages"].insert(position, row)
    flow["stages"][position + 1]["consumes"] = row["emits"]
    pipeline = tmp_path / "pipeline.json"
    pipeline.write_text(json.dumps(flow))
    write(tmp_path, "functions/fingerprint/stage.py")
    write(tmp_path, "functions/fingerprint/main.py")
    monkeypatch.setattr(functions, "__path__", [*functions.__path__, str(tmp_path / "functions")])
    monkeypatch.setenv("AUTOMATIONS_PIPELINE", str(pipeline))
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path / "data"))

    wiring = Bootstrap()
    video_id = _segmented_video(wiring, tmp_path)
    (event,) = wiring.repository.outbox(video_id=video_id)[-1:]
    import_module("functions.fingerprint.main").endpoint().handle(delivery_of(event))

    video = wiring.repository.get(video_id)
    assert video is not None
    assert video.status == "fingerprinted"
    (finding,) = wiring.repository.records(video, Finding)
    assert finding.name == "sha256"
    assert [message.stage for message in wiring.local_bus.lease(10, 60, names)][-1] == "analyze"
    for module in [name for name in sys.modules if name.startswith("functions.fingerprint")]:
        monkeypatch.delitem(sys.modules, module)


def _segmented_video(wiring: Bootstrap, folder: Path) -> str:
    """Stores an upload and takes it through the earlier stages without their work."""
    source = folder / "clip.mp4"
    source.write_bytes(b"not really a video")
    ref = wiring.blobs.put("uploads", "ann/clip.mp4", source, "video/mp4")
    driver = VideoDriver(wiring.repository, flow=wiring.flow)
    video = driver.upload(ref.name, generation=ref.generation)
    for name in ("ingest", "transcode", "segment"):
        video = driver.commit(driver.claim(video, name))
    return video.id


def test_an_adapter_has_the_methods_of_its_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "shared/adapters/upper_case_reader.py")
    monkeypatch.setattr(
        shared.adapters, "__path__", [*shared.adapters.__path__, str(tmp_path / "shared" / "adapters")]
    )
    module = import_module("shared.adapters.upper_case_reader")
    reader: TextReader = module.UpperCaseTextReader(FakeTextReader())
    assert reader.name.startswith("upper-")
    monkeypatch.delitem(sys.modules, module.__name__)
