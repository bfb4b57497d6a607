"""The README's tables are what the code says; `make docs` writes them anew."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from shared.domain.flow import StageSpec
from shared.environment import variable_of
from shared.pipeline import load_flow
from shared.settings import Settings
from tests.architecture.generated_tables import GeneratedTables

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FAILS_NO_VIDEO = {"bad_event", "inexact_cut"}
"""What is wrong with a delivery, and what has a video encoded whole instead of in chunks."""


def picture() -> str:
    """Draws the flow: the chain downwards, what it announces to the right, and what stands beside it below."""
    flow = load_flow()
    emitted = [(f"[{spec.stage}]", spec.emits) for spec in flow.stages]
    beside = {
        "new run": flow.registered_topic,
        "correction": flow.corrected_topic,
        "any of them": flow.failed_topic,
        "deletion": flow.deleted_topic,
    }
    emitted += beside.items()
    hear = " and ".join([*(one.function for one in flow.listeners if one.announcements), "your subscriptions"])
    middle = emitted[len(emitted) // 2][0]
    lines = [" upload bucket", f"      |  {flow.stages[0].consumes}"]
    for who, topic in emitted:
        lines.append(f" {who:12} -- {topic} {'-' * (20 - len(topic))}+{f'--> {hear}' if who == middle else ''}")
        if who.startswith("[") and who != emitted[len(flow.stages) - 1][0]:
            lines.append(f"      |{'':31}|")
    lines += ["", " frontend <-- HTTP --> [api]"]
    lines += [f" {'':22}[api] -- {topic} --> [{one.function}]" for one in flow.listeners for topic in one.consumes]
    lines += [f" [{spec.stage}] -- what takes long --> job" for spec in flow.stages if spec.job_timeout_s]
    lines += [f" job -- up to {task.parallelism} tasks at a time --> [{task.task}]" for task in flow.tasks]
    lines += [f" clock -- {one.cron} --> [sweep] {', '.join(one.steps)}" for one in flow.schedules]
    return "\n".join(["```", *lines, "```"])


def stages_table() -> str:
    rows = ["| stage | starts on | announces | status after | time limit | tries |", "|---|---|---|---|---|---|"]
    rows += [
        f"| `{spec.stage}` | `{spec.consumes}` | `{spec.emits}` | {spec.status} | {time_limit(spec)} "
        f"| {spec.max_attempts} |"
        for spec in load_flow().stages
    ]
    return "\n".join(rows)


def listeners_table() -> str:
    rows = ["| function | starts on | time limit |", "|---|---|---|"]
    for one in load_flow().listeners:
        topics = ", ".join(f"`{topic}`" for topic in one.consumes)
        others = " and every announcement" if one.announcements else ""
        rows.append(f"| `{one.function}` | {topics}{others} | {one.timeout_s:g} s |")
    return "\n".join(rows)


def time_limit(spec: StageSpec) -> str:
    as_job = f" ({spec.job_timeout_s:g} s as a job)" if spec.job_timeout_s else ""
    return f"{spec.timeout_s:g} s{as_job}"


def settings_table() -> str:
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    documented, defaults = attributes_of(Settings), Settings()
    for name, described in documented.items():
        default = "pipeline.json" if name == "pipeline" else getattr(defaults, name)
        if is_dataclass(default):
            nested, kinds = attributes_of(type(default)).items(), get_type_hints(type(default))
            rows += [
                setting_row(f"{variable_of(name)}__{part.upper()}", getattr(default, part), text, kinds[part])
                for part, text in nested
            ]
        else:
            rows.append(setting_row(variable_of(name), default, described, get_type_hints(Settings)[name]))
    return "\n".join(rows)


def setting_row(variable: str, default: object, described: str, kind: object) -> str:
    shown = ", ".join(default) if isinstance(default, tuple) else default or ""
    if get_origin(kind) is Literal:
        described += f" One of {', '.join(f'`{value}`' for value in get_args(kind))}."
    return f"| `{variable}` | {shown} | {described} |"


def attributes_of(kind: type) -> dict[str, str]:
    """Returns what a class's docstring says of each of its fields, in their order."""
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", inspect.getdoc(kind) or "", re.MULTILINE)
    documented = {name: " ".join(text.split()) for name, text in entries}
    return {field.name: documented[field.name] for field in fields(kind)}


def failure_codes() -> dict[str, str]:
    """Returns code -> sentence of every PermanentError that product code raises with a literal code."""
    codes: dict[str, str] = {}
    for folder in ("functions", "shared/adapters", "shared/runtime"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PermanentError":
                    code, sentence = node.args[0], node.args[1]
                    if isinstance(code, ast.Constant) and code.value not in FAILS_NO_VIDEO:
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


TABLES = {
    "picture": picture,
    "stages": stages_table,
    "listeners": listeners_table,
    "settings": settings_table,
    "codes": codes_table,
}


DOCUMENT = GeneratedTables(README, TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_table_is_what_the_code_says(name: str) -> None:
    DOCUMENT.check(name)


if __name__ == "__main__":
    DOCUMENT.write()
