"""What a deployment costs a month in which nobody uploads anything, from what Terraform plans."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.cost.measurements import assumed, ticks
from infra.cost.model import Usage, gib_of, together, usd_of
from shared.pipeline import load_flow

__all__ = ["IdleLine", "idle_cost", "runs_a_month"]

Resource = Mapping[str, Any]
"""All values of a resource."""

_HOURS: Final = 730.0
_SECONDS: Final = _HOURS * 3600
_GIB: Final = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLine:
    """One line of the bill.

    Attributes:
        what: What it is for.
        usage: What is billed in a month.
    """

    what: str
    usage: Usage

    @property
    def usd(self) -> float:
        """US dollars a month."""
        return usd_of(self.usage)


def idle_cost(resources: Mapping[str, Resource]) -> Sequence[IdleLine]:
    """Returns what is paid for with no videos, the most expensive first. Free tiers are left out.

    Buckets, topics and the database cost nothing while nothing is in them; neither do backups of nothing.

    Args:
        resources: Address -> values, as ``terraform show -json`` tells them of a plan.
    """
    found: list[IdleLine] = []
    for kind, reckon in _RECKONED.items():
        mine = [values for address, values in resources.items() if re.search(rf"(^|\.)google_{kind}\.", address)]
        for what, usage in reckon(mine) if mine else ():
            found.append(IdleLine(what=what, usage=usage))
    return sorted(found, key=lambda line: -line.usd)


def runs_a_month(cron: str) -> float:
    """Returns how often something is done that is written as ``minute * * * *`` or ``* * * * *``."""
    minute, *rest = cron.split()
    if rest != ["*"] * 4 or not (minute == "*" or minute.isdigit()):
        raise ValueError(f"only whole hours and minutes are known here, not {cron!r}")
    return _HOURS * (60 if minute == "*" else 1)


Lines = Iterator[tuple[str, Usage]]


def _schedules(jobs: Sequence[Resource]) -> Lines:
    yield "schedules", {"scheduler.job_month": len(jobs)}
    yield "sweep looks whether anything got stuck", together(*(_ticks(job) for job in jobs))


def _ticks(job: Resource) -> Usage:
    due = json.loads(base64.b64decode(job["pubsub_target"][0]["data"]))
    sweep = load_flow().needs["sweep"]
    asked = together(*(ticks()[step] for step in due["steps"]))
    tick = {
        "run.request": 1,
        "run.request.vcpu": assumed("tick_s") * sweep.cpu,
        "run.request.memory": assumed("tick_s") * gib_of(sweep.memory),
        "pubsub.tib": 2 * assumed("message_bytes") / 2**40,
        "logging.gib": assumed("log_bytes_per_request") / _GIB,
    }
    return {name: runs_a_month(job["schedule"]) * count for name, count in together(asked, tick).items()}


def _services(services: Sequence[Resource]) -> Lines:
    yield "instances that are always there", together(*(_waiting(service) for service in services))


def _waiting(service: Resource) -> Usage:
    fewest = sum((scaling.get("min_instance_count") or 0) for scaling in service.get("scaling") or ())
    limits = service["template"][0]["containers"][0]["resources"][0]["limits"]
    return {
        "run.idle.vcpu": fewest * float(limits["cpu"]) * _SECONDS,
        "run.idle.memory": fewest * gib_of(limits["memory"]) * _SECONDS,
    }


def _registries(registries: Sequence[Resource]) -> Lines:
    kept = max(
        (policy["most_recent_versions"][0]["keep_count"] or 1)
        for registry in registries
        for policy in (*registry.get("cleanup_policies", ()), {"most_recent_versions": [{"keep_count": 1}]})
        if policy.get("most_recent_versions")
    )
    first, again = assumed("images_gib"), assumed("images_gib.again")
    yield f"images, the newest {kept} of each", {"registry.gib_month": first + (kept - 1) * again}


def _alerts(policies: Sequence[Resource]) -> Lines:
    conditions = [condition for policy in policies for condition in policy["conditions"]]
    queries = [condition["condition_prometheus_query_language"][0] for condition in conditions]
    metrics = sum(_metrics(query) for query in queries)
    points = sum(_metrics(query) * _SECONDS / _seconds(query["evaluation_interval"]) for query in queries)
    yield (
        f"{len(conditions)} conditions of alerts over {metrics} metrics",
        {"monitoring.condition_month": metrics, "monitoring.points": points},
    )


def _metrics(query: Resource) -> int:
    return max(str(query["query"]).count("{"), 1)


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def _armor(policies: Sequence[Resource]) -> Lines:
    rules = sum(len(policy.get("rule") or ()) for policy in policies)
    yield "Cloud Armor", {"armor.policy_month": len(policies), "armor.rule_month": rules}


def _keys(members: Sequence[Resource]) -> Lines:
    """Yields what is paid for keys that a deployment encrypts with, by whomever owns them."""
    yield "keys", {"kms.version_month": len({member["crypto_key_id"] for member in members})}


def _each(what: str, price: str, quantity: float = 1.0) -> Callable[[Sequence[Resource]], Lines]:
    def reckon(resources: Sequence[Resource]) -> Lines:
        yield what, {price: len(resources) * quantity}

    return reckon


_RECKONED: Final[Mapping[str, Callable[[Sequence[Resource]], Lines]]] = {
    "cloud_scheduler_job": _schedules,
    "cloud_run_v2_service": _services,
    "artifact_registry_repository": _registries,
    "secret_manager_secret": _each("secrets", "secrets.version_month"),
    "monitoring_alert_policy": _alerts,
    "compute_global_forwarding_rule": _each("load balancer", "loadbalancer.rule_hour", _HOURS),
    "compute_security_policy": _armor,
    "kms_crypto_key_iam_member": _keys,
}
