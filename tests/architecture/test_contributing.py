"""What CONTRIBUTING.md tells people to do is done here, with the very text of the page."""

from __future__ import annotations

import inspect
import json
import re
import sys
from importlib import import_module
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
from shared.processors.analyzer import Analyzer
from shared.processors.ladder import LadderPlanner
from shared.processors.publisher import Publisher
from shared.processors.segmenter import Segmenter
from shared.processors.strategy import Strategy
from shared.processors.tagger import Tagger
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.models import FakeTextReader
from shared.testing.videos import delivery_of
from tests.architecture.generated_tables import GeneratedTables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
COOKBOOK = ROOT / "tests" / "cookbook"
KINDS: dict[str, type[Strategy]] = {
    "ladders": LadderPlanner,
    "segmenters": Segmenter,
    "analyzers": Analyzer,
    "taggers": Tagger,
    "publishers": Publisher,
}


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


def kinds() -> str:
    """Tells what there is to extend, of the base classes."""
    rows = ["| entry points | extend | do | `inputs` |", "|---|---|---|---|"]
    for group, base in KINDS.items():
        summary = (inspect.getdoc(base) or "").splitlines()[0].partition(" Entry-point group")[0]
        methods = ", ".join(f"`{name}()`" for name in sorted(getattr(base, "__abstractmethods__", ())))
        inputs = ", ".join(f"`{name}`" for name in sorted(base.inputs))
        place = f"`{base.__module__.replace('.', '/')}.py`: `{base.__name__}`"
        rows.append(f"| `automations.{group}` | {place}. {summary} | {methods} | {inputs} |")
    return "\n".join(rows)


def cookbook() -> str:
    """Shows the example package."""
    files = [COOKBOOK / "pyproject.toml", *(COOKBOOK / "cookbook" / f"{group}.py" for group in KINDS)]
    shown = []
    for file in files:
        language = {".py": "python", ".toml": "toml"}[file.suffix]
        shown.append(f"```{language}\n# {file.relative_to(COOKBOOK.parents[1])}\n{file.read_text()}```")
    return "\n\n".join(shown)


TABLES = GeneratedTables(ROOT / "CONTRIBUTING.md", {"kinds": kinds, "cookbook": cookbook})


@pytest.mark.parametrize("name", ["kinds", "cookbook"])
def test_the_cookbook_shows_the_package_that_is_tried(name: str) -> None:
    TABLES.check(name)


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


if __name__ == "__main__":
    TABLES.write()
