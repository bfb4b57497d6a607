"""Carries a Dockerfile's steps out without a container engine: in clean Debian roots, stage over stage.

A stage is a layer of its own over those that it begins with, as in an image. What a RUN says is run as it stands,
by root, in a mount namespace of its own. A container is a process over the layers, which can't be written to then,
with the image's user, environment and working directory, as number one of its own processes.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.image.dockerfile import Stage, build_context, expanded, read_stages
from tests.requirement import missing

__all__ = ["BASE", "Container", "ImageBuilder", "debian_root"]

ROOT = Path(__file__).parents[2]
BASE = f"a-clean-debian@sha256:{'0' * 64}"
"""What the stand-in for the base is called; it has no digest, and needs the form of one."""

_SUITE = "bookworm"
_PACKAGES = "python3-minimal,python3-venv,ca-certificates"  # what images of Python have too
_MIRROR = "http://deb.debian.org/debian"

_OF_THE_HOST = ("/etc/resolv.conf", "/etc/ssl/certs", "/dev")
_PASSED_ON = ("PIP_", "UV_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""How this machine reaches package indexes, as a container engine's network and proxy settings would say."""


def debian_root(folder: Path) -> Path:
    """Makes a Debian with Python and nothing else; skips where that can't be done."""
    folder.mkdir()
    wanting = [program for program in ("mmdebstrap", "setpriv", "pivot_root") if not shutil.which(program)]
    if wanting:
        missing(f"building the images takes {', '.join(wanting)}")
    (upper := folder / "upper").mkdir()
    layered = _unshared(folder, _mounts([folder / "origin"], folder / "merged", upper))
    if subprocess.run(layered, check=False).returncode:
        # Nothing can be installed against that: in a container, builds take a container engine.
        pytest.skip("building the images takes a machine whose root may mount, and this process is not that")
    shutil.rmtree(folder)
    options = ["--quiet", "--variant=minbase", "--mode=root", f"--include={_PACKAGES}"]
    subprocess.run(["mmdebstrap", *options, _SUITE, str(folder), _MIRROR], check=True)
    return folder


@dataclass
class Layers:
    """What a stage has come to.

    Attributes:
        folders: Its layers, its own first.
        environment: Of its processes.
        workdir: Where they begin.
        user: Who they are, as user:group.
        command: What is started.
    """

    folders: tuple[Path, ...]
    environment: dict[str, str]
    workdir: str = "/"
    user: str = "0:0"
    command: tuple[str, ...] = ()


class Container:
    """A process over an image's layers.

    Attributes:
        process: What made its namespaces; ends with it.
        pid: Its first process, as the host numbers it.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    @property
    def pid(self) -> int:
        (first,) = psutil.Process(self.process.pid).children()
        return first.pid

    def stop(self, timeout_s: float) -> int:
        """Does what a platform does: SIGTERM to the first process; returns how it ended."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(timeout_s)


class ImageBuilder:
    """Builds targets of the Dockerfile.

    Args:
        base: Root of what stands in for the base image.
        folder: Where layers go.
    """

    def __init__(self, base: Path, folder: Path) -> None:
        self._stages = read_stages(ROOT / "infra" / "Dockerfile")
        self._folder = folder
        self._built = {"${BASE}": Layers((base,), {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})}
        self._context = folder / "context"
        for file in build_context(ROOT):
            (self._context / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, self._context / file)
        self._cache = Path(
            subprocess.check_output([str(Path(sys.executable).with_name("uv")), "cache", "dir"], text=True).strip()
        )

    def build(self, target: str, build_arguments: Mapping[str, str]) -> Layers:
        """Carries out everything that a target takes and returns it."""
        if target not in self._built:
            stage = self._stages[target]
            parent = self.build(stage.parent, build_arguments)
            own = self._folder / target
            own.mkdir()
            layers = Layers((own, *parent.folders), dict(parent.environment), parent.workdir, parent.user)
            layers.command = parent.command
            self._carry_out(stage, layers, build_arguments)
            self._built[target] = layers
        return self._built[target]

    @contextmanager
    def started(
        self, target: str, environment: Mapping[str, str], work: Path, command: Sequence[str] = ()
    ) -> Iterator[Container]:
        """Runs a built target with a folder as its /work; nothing else but /tmp can be written to."""
        image = self._built[target]
        script = [
            *_mounts(image.folders, self._folder / "merged", None),
            f"mount --bind {work} {self._folder}/merged/work",
            f"mount -t tmpfs tmpfs {self._folder}/merged/tmp",
            *_entered(self._folder / "merged"),
            f"cd {image.workdir}",
            "exec setpriv --reuid {} --regid {} --clear-groups --no-new-privs --bounding-set=-all ".format(
                *image.user.split(":")
            )
            + f"env -i {_assigned({**image.environment, **environment})} {shlex.join(command or image.command)}",
        ]
        process = subprocess.Popen(_unshared(self._folder, script))
        try:
            yield Container(process)
        finally:
            process.kill()  # which kills everything in it
            process.wait()

    def _carry_out(self, stage: Stage, layers: Layers, build_arguments: Mapping[str, str]) -> None:
        arguments: dict[str, str] = {}
        for one in stage.instructions:
            variables = {**arguments, **layers.environment}
            match one.keyword:
                case "ARG":
                    name, _, default = one.text.partition("=")
                    arguments[name] = build_arguments.get(name, default)
                case "ENV":
                    pairs = (pair.split("=", 1) for pair in shlex.split(expanded(one.text, variables)))
                    layers.environment.update((name, value) for name, value in pairs)
                case "WORKDIR":
                    layers.workdir = one.text
                    self._run(layers, variables, f"mkdir -p {one.text}", workdir="/")
                case "USER":
                    layers.user = one.text
                case "CMD":
                    layers.command = tuple(json.loads(one.text))
                case "RUN":
                    self._run(layers, variables, one.text, workdir=layers.workdir)
                case "COPY":
                    self._copy(layers, one.text, build_arguments)
                case "LABEL":
                    pass
                case unknown:
                    raise AssertionError(f"{unknown} is nothing that this can carry out")

    def _run(self, layers: Layers, variables: Mapping[str, str], command: str, *, workdir: str) -> None:
        merged = self._folder / "merged"
        given = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        script = [
            *_mounts(layers.folders[1:], merged, layers.folders[0]),
            f"mkdir -p {merged}/root/.cache/uv {self._cache}",
            f"mount --bind {self._cache} {merged}/root/.cache/uv",
            *_entered(merged),
            f"cd {workdir}",
            f"exec env -i HOME=/root {_assigned({**given, **variables})} /bin/sh -c {shlex.quote(command)}",
        ]
        subprocess.run(_unshared(self._folder, script), check=True)

    def _copy(self, layers: Layers, text: str, build_arguments: Mapping[str, str]) -> None:
        source, target = text.split()[-2:]
        merged, origin = self._folder / "merged", self._folder / "origin"
        script = _mounts(layers.folders[1:], merged, layers.folders[0])
        if text.startswith("--from="):
            stage = self.build(text.split()[0].removeprefix("--from="), build_arguments)
            script += _mounts(stage.folders, origin, None)
        else:
            origin = self._context
        there = merged / Path(layers.workdir, target).relative_to("/")
        # Of a folder, what is in it goes there; a file goes there by its name.
        script.append(
            f"if [ -d {origin}/{source} ]; then mkdir -p {there}; cp -a {origin}/{source}/. {there};"
            f" else mkdir -p {there}; cp {origin}/{source} {there}; fi"
        )
        subprocess.run(_unshared(self._folder, script), check=True)


def _unshared(folder: Path, script: Sequence[str]) -> list[str]:
    for name in ("merged", "origin", "spare"):
        (folder / name).mkdir(exist_ok=True)
    namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    return ["unshare", *namespaces, "sh", "-ec", "\n".join(script)]


def _mounts(lower: Sequence[Path], merged: Path, upper: Path | None) -> list[str]:
    options = f"lowerdir={':'.join(map(str, lower))}"
    if upper is not None:
        spare = merged.parent / "spare" / upper.name
        spare.mkdir(parents=True, exist_ok=True)
        options += f",upperdir={upper},workdir={spare}"
    return [f"mount -t overlay overlay -o {options} {merged}"]


def _entered(merged: Path) -> list[str]:
    """Makes a folder the root; a user in a mere chroot could not cut its tools off the network."""
    given = [f"mount --rbind {path} {merged}{path}" for path in _OF_THE_HOST]
    return [*given, f"mount -t proc proc {merged}/proc", f"cd {merged}", "pivot_root . .", "umount -l ."]


def _assigned(environment: Mapping[str, str]) -> str:
    return shlex.join(f"{name}={value}" for name, value in environment.items())
