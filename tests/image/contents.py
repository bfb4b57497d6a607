"""What is in the images' environments, and what of it each function imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shared.adapters.signing_key import SigningKey
from shared.pipeline import load_flow
from tests.image.reach import reached_modules

__all__ = ["FUNCTIONS", "IMAGES", "Environments", "Imports"]

ROOT = Path(__file__).parents[2]
FUNCTIONS = load_flow().needs
IMAGES = ("light", "media")

_SIZES = """
import json, sysconfig
from importlib.metadata import distributions
sizes = {}
for one in distributions(path=[sysconfig.get_path("purelib")]):  # not what lies beside the code
    paths = [path for file in one.files or () if (path := one.locate_file(file)).is_file()]
    sizes[one.name] = sum(path.stat().st_size for path in paths if path.suffix != ".pyc")
print(json.dumps(sizes))
"""

# Nothing connects: the emulators' addresses make Google's clients do without credentials.
_NOWHERE = {
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:9",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
    "AUTOMATIONS_PLATFORM": "google",
    "AUTOMATIONS_PROJECT": "demo",
    "AUTOMATIONS_AUTH__ISSUER": "https://issuer.example",
    "AUTOMATIONS_LOG_LEVEL": "error",
}


@dataclass(frozen=True)
class Imports:
    """Distributions of which a function has imported something.

    Attributes:
        at_start: When it is alive.
        at_most: Under whatever settings.
        missing: Modules that it may import and that are not there, and why.
    """

    at_start: frozenset[str]
    at_most: frozenset[str]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Environments:
    """The images' environments in a folder, each with its bill of materials beside it."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Environments:
        # -o: the tools to do it with are the ones that run this.
        subprocess.run(["make", "--silent", "-o", ".venv/.dev", "sbom", f"BUILD={folder}"], cwd=ROOT, check=True)
        return cls(folder)

    def bill(self, image: str) -> Mapping[str, str]:
        """Returns name -> version of everything that an image's bill of materials lists."""
        listed = json.loads((self.folder / f"sbom-{image}.json").read_text())
        return {component["name"]: component["version"] for component in listed["components"]}

    @cached_property
    def sizes(self) -> Mapping[str, Mapping[str, int]]:
        """Image -> distribution -> bytes of its files, as they are installed."""
        return {image: json.loads(self._run(image, ["-c", _SIZES])) for image in IMAGES}

    @cached_property
    def imports(self) -> Mapping[str, Imports]:
        """Function -> what it imports, with the packages of its image."""
        # Not in the threads: Python 3.11 loses count when several of them parse at a time.
        reached = [reached_modules(function) for function in FUNCTIONS]
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            return dict(zip(FUNCTIONS, workers.map(self._imports, FUNCTIONS, reached), strict=True))

    def _imports(self, function: str, reached: Iterable[str]) -> Imports:
        modules = [m for m in reached if m.split(".")[0] not in sys.stdlib_module_names]
        program = str(Path(__file__).with_name("imported.py"))
        said = json.loads(self._run(FUNCTIONS[function].image, [program, function], json.dumps(modules)))
        return Imports(frozenset(said["imported"]), frozenset(said["reached"]), tuple(said["missing"]))

    def _run(self, image: str, arguments: list[str], given: str = "") -> str:
        environment = {
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
            "AUTOMATIONS_DATA_DIR": str(self.folder / "data"),
            "AUTOMATIONS_SIGNING_KEY": SigningKey.generate().pem(),
            **_NOWHERE,
        }
        command = [str(self.folder / image / "bin" / "python"), *arguments]
        run = subprocess.run(
            command, cwd=ROOT, env=environment, input=given, stdout=subprocess.PIPE, text=True, check=True
        )
        return run.stdout
