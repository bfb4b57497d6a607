"""Every alert has a runbook, every runbook an alert, and the commands in them exist."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from infra.local.cli import app
from shared.domain.measures import LOG_LINES
from tests.requirement import missing
from tests.terraform.planning import RefusedPlan, edited, planned

README: Final = (Path(__file__).parents[2] / "infra" / "README.md").read_text()
PARTS: Final = ("Means.", "Look.", "Causes.", "Do.", "Over")
"""What a runbook says: what the alert means, how to look, what it may come of, what to do, when it is over."""

LONGEST_DOCUMENTATION: Final = 8192
"""Characters that Cloud Monitoring takes for one alert."""

_GLOBAL_FLAGS: Final = {"--format", "--project"}


def sections(text: str, level: int) -> dict[str, str]:
    """Returns the sections of a document by their heading. What begins with # in a block of code is none."""
    found: dict[str, list[str]] = {}
    title, in_code = "", False
    for line in text.splitlines(keepends=True):
        in_code ^= line.startswith("```")
        depth = 0 if in_code else len(line) - len(line.lstrip("#"))
        if 0 < depth <= level:
            title = line.strip("# \n") if depth == level else ""
            found |= {title: []} if title else {}
        elif title:
            found[title].append(line)
    return {title: "".join(lines) for title, lines in found.items()}


def anchor(title: str) -> str:
    """Returns what a heading is linked as, by GitHub's rules."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


MINE: Final = {title: body for title, body in sections(README, 2).items() if title in {"Alerts", "Observability"}}
RUNBOOKS: Final = {
    title.removeprefix("Alert: "): body
    for title, body in sections(README, 3).items()
    if title.startswith("Alert: ")
}


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yields the commands in fenced blocks and in spans of code that call a program."""
    fenced = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for line in [*re.sub(r"\\\n\s*", "", "\n".join(fenced)).splitlines(), *spans]:
        words = shlex.split(line, comments=True)
        if words[:1] == [program] and len(words) > 1:
            yield words[1 : words.index("|")] if "|" in words else words[1:]


def wrong_automations(words: list[str]) -> str | None:
    """Says what the command line of this product does not know in a command."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        if word not in command.commands:
            return f"no command {word}"
        command = command.commands[word]
    flags = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    return _unknown_flags(words, flags)


def wrong_gcloud(words: list[str], tree: Mapping[str, Any]) -> str | None:
    """Says what the Google Cloud CLI does not know in a command."""
    node = tree
    for word in words:
        if word not in node["commands"]:
            if node["commands"]:
                return f"no command {word}"
            break
        node = node["commands"][word]
    return _unknown_flags(words, {*node["flags"], *_GLOBAL_FLAGS})


def _unknown_flags(words: list[str], known: Collection[str]) -> str | None:
    flags = [word.split("=")[0] for word in words if word.startswith("--")]
    unknown = [flag for flag in flags if flag not in known]
    return f"no {', '.join(unknown)}" if unknown else None


@pytest.fixture(scope="module")
def gcloud() -> Mapping[str, Any]:
    """The commands and flags of the installed Google Cloud CLI, as it completes them in a shell."""
    program = shutil.which("gcloud")
    root = Path(program).resolve().parents[1] if program else Path()
    completions = root / "data" / "cli" / "gcloud_completions.py"
    if not completions.is_file():
        reason = "the Google Cloud CLI, or its list of commands, is not installed"
        missing(reason)
    tree: Mapping[str, Any] = runpy.run_path(str(completions))["STATIC_COMPLETION_CLI_TREE"]
    return tree


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert set(RUNBOOKS) == set(planned().of("monitoring_alert_policy"))


def test_an_alert_without_a_runbook_can_not_be_planned(tmp_path: Path) -> None:
    breached = edited(tmp_path, "infra/gcp/alerts.tf", "    api-slow = {", "    api-sluggish = {")
    with pytest.raises(RefusedPlan, match="api-sluggish"):
        planned(breached)


def test_an_alert_is_mailed_with_its_runbook() -> None:
    plan = planned(runbooks_url="https://git.example.com/infra/README.md")
    for name, policy in plan.of("monitoring_alert_policy").items():
        mailed = policy["documentation"][0]["content"]
        assert mailed == RUNBOOKS[name].strip().replace("](#", "](https://git.example.com/infra/README.md#")
        assert len(mailed) <= LONGEST_DOCUMENTATION
        assert "${" not in mailed, "Cloud Monitoring takes that for a variable of its own"


def test_links_of_alerts_lead_to_headings() -> None:
    anchors = {anchor(title) for level in (2, 3) for title in sections(README, level)}
    plan = planned(runbooks_url="https://git.example.com/infra/README.md")
    for policy in plan.of("monitoring_alert_policy").values():
        (link,) = policy["documentation"][0]["links"]
        assert link["url"].partition("#")[2] in anchors


@pytest.mark.parametrize("alert", RUNBOOKS)
def test_a_runbook_says_all_it_has_to(alert: str) -> None:
    assert re.findall(r"^\*\*(.+?)\*\*", RUNBOOKS[alert], re.MULTILINE) == list(PARTS)


@pytest.mark.parametrize("section", MINE)
def test_commands_of_this_product_exist(section: str) -> None:
    found = list(commands(MINE[section], "automations"))
    assert found
    assert {" ".join(words): wrong for words in found if (wrong := wrong_automations(words))} == {}


@pytest.mark.parametrize("section", MINE)
def test_commands_of_google_exist(section: str, gcloud: Mapping[str, Any]) -> None:
    found = list(commands(MINE[section], "gcloud"))
    assert found
    assert {" ".join(words): wrong for words in found if (wrong := wrong_gcloud(words, gcloud))} == {}


@pytest.mark.parametrize("section", MINE)
def test_whoever_operates_it_needs_no_terraform(section: str) -> None:
    assert list(commands(MINE[section], "terraform")) == []


def test_commands_that_do_not_exist_are_noticed(gcloud: Mapping[str, Any]) -> None:
    assert wrong_automations(["bury", "v3k2"]) == "no command bury"
    assert wrong_automations(["replay", "v3k2", "--until", "tag"]) == "no --until"
    assert wrong_gcloud(["pubsub", "letters", "list"], gcloud) == "no command letters"
    assert wrong_gcloud(["logging", "read", "x", "--newest"], gcloud) == "no --newest"


def test_all_that_is_logged_and_measured_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", MINE["Observability"]))
    assert set(LOG_LINES) <= described
    assert {field for fields in LOG_LINES.values() for field in fields} <= described
    assert set(planned().of("logging_metric")) <= described


def test_variables_that_runbooks_name_exist() -> None:
    declared = (Path(__file__).parents[2] / "infra" / "gcp" / "variables.tf").read_text()
    for name in (
        "alert_emails",
        "alert_limits",
        "analyzers",
        "billing_account",
        "budget",
        "instances",
        "settings",
    ):
        assert f"`{name}`" in MINE["Alerts"]
        assert f'variable "{name}"' in declared
    limits = re.findall(r"^    (\w+) += optional\(number", declared, re.MULTILINE)
    assert {limit for limit in limits if limit != "amount"} <= set(re.findall(r"`(\w+)`", MINE["Alerts"]))
