"""checkov finds nothing in what Terraform would make, rule by rule, and would find what matters.

`make check` runs it over the files. Here it sees the plan, where every ``for_each`` and condition is worked out.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.requirement import missing
from tests.terraform.planning import ROOT, Plan, edited, planned

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
EXCEPTIONS = ROOT / ".checkov.yaml"
KMS_KEY = "projects/keys/locations/europe-west1/keyRings/automations/cryptoKeys/data"


def failed_rules(plans: Mapping[str, Plan], folder: Path) -> dict[str, dict[str, set[str]]]:
    """Returns, by plan, the rules that it does not follow, and where. It starts slowly, so once for all."""
    if not CHECKOV.is_file():
        missing("checkov is not installed; `make check` does that")
    for name, plan in plans.items():
        (folder / f"{name}.json").write_text(json.dumps(plan.shown))
    files = [word for name in plans for word in ("--file", str(folder / f"{name}.json"))]
    ended = subprocess.run(
        [CHECKOV, *files, "--framework", "terraform_plan", "--config-file", EXCEPTIONS, "--output", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(ended.stdout)
    assert report["summary"]["passed"], ended.stderr
    found: dict[str, dict[str, set[str]]] = {name: {} for name in plans}
    for failure in report["results"]["failed_checks"]:
        found[Path(failure["file_path"]).stem].setdefault(failure["check_id"], set()).add(failure["resource"])
    return found


def test_the_plan_follows_every_rule_that_has_no_exception_and_a_breach_is_found(tmp_path: Path) -> None:
    breached = edited(
        tmp_path / "project",
        "infra/gcp/storage.tf",
        'public_access_prevention    = "enforced"',
        'public_access_prevention    = "inherited"',
    )

    # With a key of one's own. By default there is none; where there is, everything has to be encrypted with it.
    ours = planned(kms_key=KMS_KEY, domain="videos.example.com", audit_data_access=True)
    theirs = planned(breached, kms_key=KMS_KEY)
    found = failed_rules({"ours": ours, "breached": theirs}, tmp_path)

    assert found["ours"] == {}
    assert set(found["breached"]) == {"CKV_GCP_114"}
    assert len(found["breached"]["CKV_GCP_114"]) == 2, "both buckets"


def test_every_exception_has_a_reason() -> None:
    lines = EXCEPTIONS.read_text().splitlines()
    rules = yaml.safe_load(EXCEPTIONS.read_text())["skip-check"]

    assert rules
    for rule in rules:
        above = lines[lines.index(f"  - {rule}") - 1]
        assert above.startswith("  # "), f"why is {rule} not followed?"
