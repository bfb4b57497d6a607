"""infra/README.md tells every variable of the deployment; `make docs` writes the table anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import hcl2

from tests.architecture.generated_tables import GeneratedTables
from tests.terraform.planning import ROOT

GCP: Final = ROOT / "infra" / "gcp"


def variables() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(GCP.glob("*.tf"), key=lambda file: (file.name != "variables.tf", file.name)):
        for block in hcl2.loads(file.read_text()).get("variable", []):
            yield from ((unquoted(name), stated) for name, stated in block.items())


def unquoted(text: str) -> str:
    return text[1:-1].replace('\\"', '"') if text.startswith('"') else text


def default_of(stated: dict[str, Any]) -> str:
    if "default" not in stated:
        return "must be given"
    default = stated["default"]
    if default in (None, "null", {}, []):
        return ""
    values = [unquoted(one) for one in default] if isinstance(default, list) else default
    return f"`{unquoted(values) if isinstance(values, str) else json.dumps(values)}`"


def variable_table() -> str:
    rows = [
        f"| `{name}` | {default_of(stated)} | {unquoted(stated['description'])} |" for name, stated in variables()
    ]
    return "\n".join(["| variable | default | what it says |", "|---|---|---|", *rows])


TABLES = GeneratedTables(ROOT / "infra" / "README.md", {"variables": variable_table})


def test_readme_tells_every_variable() -> None:
    TABLES.check("variables")


if __name__ == "__main__":
    TABLES.write()
