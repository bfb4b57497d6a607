"""What queries to Cloud Monitoring name, and what they say of synthetic series.

The series are judged by Prometheus itself, through its `promtool test rules`. Cloud Monitoring is another
implementation of the same language, which can't be run here.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.requirement import missing
from tests.terraform.planning import Plan

__all__ = ["Series", "alert_queries", "dashboard_queries", "firing", "named_labels", "promql_name", "selected"]

_SELECTOR: Final = re.compile(r"([a-zA-Z_]\w*:\w+)(?:\{([^}]*)\})?")
_MATCHER: Final = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
_GROUPING: Final = re.compile(r"\b(?:by|on) \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Series:
    """What a query selects.

    Attributes:
        name: Metric, in PromQL's spelling, with the suffix of a distribution's part.
        matchers: Label -> what it is compared with.
    """

    name: str
    matchers: Mapping[str, str]


def promql_name(metric_type: str) -> str:
    """Returns what PromQL calls a metric: its first slash is ``:``, all else that is in no word ``_``."""
    domain, _, path = metric_type.partition("/")
    return ":".join(re.sub(r"\W", "_", part) for part in (domain, path))


def selected(query: str) -> Iterator[Series]:
    """Yields what a query selects."""
    for name, matchers in _SELECTOR.findall(query):
        yield Series(name, dict(_MATCHER.findall(matchers)))


def named_labels(query: str) -> set[str]:
    """Returns the labels that a query groups by."""
    return {label.strip() for labels in _GROUPING.findall(query) for label in labels.split(",") if label.strip()}


def alert_queries(plan: Plan) -> dict[str, tuple[str, str]]:
    """Returns the condition of each alert: its query, and how long that must hold."""
    found = {}
    for name, policy in plan.of("monitoring_alert_policy").items():
        (condition,) = policy["conditions"]  # Cloud Monitoring takes no other beside one in PromQL
        (promql,) = condition["condition_prometheus_query_language"]
        found[name] = (promql["query"], promql["duration"])
    return found


def dashboard_queries(plan: Plan) -> list[str]:
    """Returns what the dashboard draws."""
    dashboard = json.loads(plan.of("monitoring_dashboard")["this"]["dashboard_json"])
    return [
        line["timeSeriesQuery"]["prometheusQuery"]
        for tile in dashboard["mosaicLayout"]["tiles"]
        for line in tile["widget"]["xyChart"]["dataSets"]
    ]


def firing(
    alerts: Mapping[str, tuple[str, str]],
    series: Mapping[str, str],
    after_min: int,
    expected: Mapping[str, Sequence[Mapping[str, str]]],
) -> str:
    """Has Prometheus say whether exactly the expected alerts fire.

    Args:
        alerts: The conditions, as alert_queries() returns them.
        series: Series -> its values, a minute apart, as promtool writes them.
        after_min: Minutes after which to look.
        expected: Alert -> the labels of its incidents; all others must be silent.

    Returns:
        What is different, empty if nothing.
    """
    rules = [{"alert": name, "expr": query, "for": duration} for name, (query, duration) in alerts.items()]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{after_min}m",
                "alertname": rule["alert"],
                "exp_alerts": [{"exp_labels": dict(labels)} for labels in expected.get(rule["alert"], ())],
            }
            for rule in rules
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "rules.yml", {"groups": [{"name": "alerts", "rules": rules}]})
        _write(
            Path(folder) / "test.yml", {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}
        )
        run = subprocess.run(
            [_promtool(), "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
        )
    return "" if run.returncode == 0 else run.stdout + run.stderr


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content))


def _promtool() -> str:
    return shutil.which("promtool") or missing("promtool, of Debian's package prometheus, is not installed")
