"""The README's tables are what the code says; `make docs` writes them anew."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.domain.flow import StageSpec
from shared.pipeline import load_flow
from shared.ports.media_tool import MediaLimits
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OF_EVENTS = {"bad_event"}
"""What is wrong with a delivery fails no video."""


def stages_table() -> str:
    rows = ["| stage | starts on | announces | status after | time limit | tries |", "|---|---|---|---|---|---|"]
    rows += [
        f"| `{spec.stage}` | `{spec.consumes}` | `{spec.emits}` | {spec.status} | {time_limit(spec)} "
        f"| {spec.max_attempts} |"
        for spec in load_flow().stages
    ]
    return "\n".join(rows)


def time_limit(spec: StageSpec) -> str:
    as_job = f" ({spec.job_timeout_s:g} s as a job)" if spec.job_timeout_s else ""
    return f"{spec.timeout_s:g} s{as_job}"


def settings_table() -> str:
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name == "limits":
            rows += limit_rows()
        elif isinstance(field.default, BaseModel):
            nested = type(field.default).model_fields
            rows += [setting_row(f"{name}__{own}", each) for own, each in nested.items()]
        else:
            rows.append(setting_row(name, field))
    return "\n".join(rows)


def setting_row(name: str, field: FieldInfo) -> str:
    default = "pipeline.json" if name == "pipeline" else field.default
    shown = ", ".join(default) if isinstance(default, tuple) else default or None
    variable = field.validation_alias or f"AUTOMATIONS_{name.upper()}"
    return f"| `{variable}` | {'' if shown is None else shown} | {field.description} |"


def limit_rows() -> list[str]:
    documented = dict(re.findall(r"^        (max_\w+): (.*)$", MediaLimits.__doc__ or "", re.MULTILINE))
    return [
        f"| `AUTOMATIONS_LIMITS__{limit.name.upper()}` | {limit.default} | {documented[limit.name]} |"
        for limit in fields(MediaLimits)
    ]


def failure_codes() -> dict[str, str]:
    """Returns code -> sentence of every PermanentError that product code raises with a literal code."""
    codes: dict[str, str] = {}
    for folder in ("functions", "shared/adapters", "shared/runtime"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PermanentError":
                    code, sentence = node.args[0], node.args[1]
                    if isinstance(code, ast.Constant) and code.value not in OF_EVENTS:
                        codes.setdefault(str(code.value), _text(sentence))
    codes["poison"] = "A stage was tried as often as it may be and never finished."
    return dict(sorted(codes.items()))


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"


def codes_table() -> str:
    rows = ["| code | what the user is told |", "|---|---|"]
    rows += [f"| `{code}` | {sentence.replace('|', '/')} |" for code, sentence in failure_codes().items()]
    return "\n".join(rows)


TABLES = {"stages": stages_table, "settings": settings_table, "codes": codes_table}


def _written(name: str) -> str:
    match = re.search(f"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README.read_text(), re.DOTALL)
    assert match is not None, f"README.md has no <!-- {name} --> marker"
    return match.group(1)


@pytest.mark.parametrize("name", TABLES)
def test_table_is_what_the_code_says(name: str) -> None:
    assert _written(name) == TABLES[name](), "run: make docs"


def main() -> None:
    text = README.read_text()
    for name, render in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{render()}\n{end}{rest.partition(end)[2]}"
    README.write_text(text)


if __name__ == "__main__":
    main()
