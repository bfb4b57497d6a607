"""Whether messages get to the functions: topics and subscriptions, compared with the flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import DEPLOY, Deployment
from shared.domain.topology import DEAD_LETTER_TOPIC, Subscription, subscriptions, topics

__all__ = ["check_dead_lettering", "check_push_targets", "check_subscriptions", "check_topics"]

_REMEDY: Final = f"{DEPLOY} makes it so."
_LONGEST_RETENTION_S: Final = 2678400.0
_CANDIDATE: Final = ".candidate"
"""Ends the names of subscriptions that lead the smoke test's messages to revisions which do not serve yet."""


def check_topics(deployment: Deployment) -> Iterator[Check]:
    """Looks whether every topic is there."""
    there = {_last(one["name"]) for one in _listed(deployment, "topics")}
    needed = topics(deployment.wiring.flow)
    absent = [topic for topic in needed if topic not in there]
    problems = [f"There is no {', '.join(absent)}. {_REMEDY}"] if absent else []
    yield verdict_on("Topics", f"all {len(needed)} are there", missing=problems)


def check_subscriptions(deployment: Deployment) -> Iterator[Check]:
    """Compares the subscriptions with what the flow needs."""
    there = {_last(one["name"]): one for one in _listed(deployment, "subscriptions")}
    expected = {one.name: one for one in subscriptions(deployment.wiring.flow)}
    wrong = False
    for name, needed in expected.items():
        if name not in there:
            wrong = True
            yield verdict_on(f"Subscription {name}", "", missing=[f"It is not there. {_REMEDY}"])
            continue
        problems = list(_breaks(needed, there[name]))
        warnings = [] if deployment.emulated else list(_deviates(needed, there[name]))
        if problems or warnings:
            wrong = True
            yield verdict_on(f"Subscription {name}", "", missing=problems, warnings=warnings)
    for name in _surplus(deployment, there, expected):
        wrong = True
        delete = f"gcloud pubsub subscriptions delete {name} --project {deployment.project}"
        yield verdict_on(f"Subscription {name}", "", warnings=[f"The flow has none of that name: {delete}"])
    if not wrong:
        yield verdict_on("Subscriptions", f"all {len(expected)} are as the flow needs them")
    yield _check_dead_letters(deployment, there.get(DEAD_LETTER_TOPIC))


def check_push_targets(deployment: Deployment) -> Iterator[Check]:
    """Looks whether each subscription pushes to its function, with a token that Cloud Run takes."""
    there = {_last(one["name"]): one for one in _listed(deployment, "subscriptions")}
    wrong = []
    for needed in subscriptions(deployment.wiring.flow):
        service = deployment.services.get(needed.function)
        push = there.get(needed.name, {}).get("pushConfig", {})
        if service is None or not push:
            continue  # that is missing, as another check says
        addresses = {service.get("uri"), *service.get("urls", [])}
        if push.get("pushEndpoint", "").rstrip("/") not in addresses:
            wrong.append(f"{needed.name} pushes to {push.get('pushEndpoint')}, not to {service.get('uri')}.")
        elif push.get("oidcToken", {}).get("audience", push.get("pushEndpoint")) not in addresses:
            wrong.append(f"{needed.name} sends tokens that are for somebody else than {needed.function}.")
    yield verdict_on("Push targets", "every subscription reaches its function", missing=wrong)


def check_dead_lettering(deployment: Deployment) -> Iterator[Check]:
    """Looks whether Pub/Sub may give messages up at all; without that right they come back for ever."""
    agent = f"serviceAccount:service-{deployment.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    policy = deployment.apis.get("pubsub", f"v1/{_path(deployment)}/topics/{DEAD_LETTER_TOPIC}:getIamPolicy")
    roles = {binding["role"] for binding in policy.get("bindings", []) if agent in binding.get("members", [])}
    grant = (
        f"gcloud pubsub topics add-iam-policy-binding {DEAD_LETTER_TOPIC} --member={agent} "
        f"--role=roles/pubsub.publisher --project {deployment.project}"
    )
    problems = (
        [] if "roles/pubsub.publisher" in roles else [f"What no function can handle comes back for ever: {grant}"]
    )
    yield verdict_on("Dead lettering", "Pub/Sub may give messages up", warnings=problems)


def _breaks(needed: Subscription, found: Mapping[str, Any]) -> Iterator[str]:
    if _last(found.get("topic", "")) != needed.topic:
        yield f"Its topic is {found.get('topic')}. Delete it; {_REMEDY}"
    if found.get("state", "ACTIVE") != "ACTIVE":
        yield f"It is {found['state']}: Pub/Sub can't push to where it leads."
    if not found.get("pushConfig", {}).get("pushEndpoint"):
        yield f"It pushes to nobody. {_REMEDY}"


def _deviates(needed: Subscription, found: Mapping[str, Any]) -> Iterator[str]:
    letters, retry = found.get("deadLetterPolicy", {}), found.get("retryPolicy", {})
    pairs = {
        "ack deadline": (found.get("ackDeadlineSeconds"), round(needed.ack_deadline_s)),
        "dead-letter topic": (_last(letters.get("deadLetterTopic", "")), DEAD_LETTER_TOPIC),
        "most deliveries": (letters.get("maxDeliveryAttempts"), needed.max_delivery_attempts),
        "shortest backoff": (_seconds(retry.get("minimumBackoff")), needed.min_backoff_s),
        "longest backoff": (_seconds(retry.get("maximumBackoff")), needed.max_backoff_s),
    }
    different = [f"{what} is {is_} and not {should}" for what, (is_, should) in pairs.items() if is_ != should]
    if different:
        yield f"Its {', its '.join(different)}. {_REMEDY}"
    if _seconds(found.get("expirationPolicy", {"ttl": "2678400s"}).get("ttl")) is not None:
        yield f"Pub/Sub deletes it after a while without messages. {_REMEDY}"


def _surplus(
    deployment: Deployment, there: Mapping[str, object], expected: Mapping[str, Subscription]
) -> Iterator[str]:
    """Yields subscriptions that push to a function what the flow does not mean for it."""
    ours = {one.function for one in expected.values()}
    known = {*expected, *(f"{name}{_CANDIDATE}" for name in expected), DEAD_LETTER_TOPIC}
    topics_there = set(topics(deployment.wiring.flow))
    for name in there:
        function, _, topic = name.partition(".")
        if name not in known and function in ours and topic in topics_there:
            yield name


def _check_dead_letters(deployment: Deployment, found: Mapping[str, Any] | None) -> Check:
    name = "Dead letters"
    if found is None:
        return verdict_on(
            name, "", missing=[f"Nothing keeps them: there is no subscription {DEAD_LETTER_TOPIC}. {_REMEDY}"]
        )
    warnings = []
    if (_seconds(found.get("messageRetentionDuration")) or 0.0) < _LONGEST_RETENTION_S:
        warnings.append(f"They are kept for less than 31 days. {_REMEDY}")
    if _seconds(found.get("expirationPolicy", {"ttl": "2678400s"}).get("ttl")) is not None:
        warnings.append(f"Pub/Sub deletes the subscription after a while without any. {_REMEDY}")
    fine = "are kept; `automations dead-letters list` shows them"
    return verdict_on(name, fine, warnings=[] if deployment.emulated else warnings)


def _listed(deployment: Deployment, kind: str) -> list[dict[str, Any]]:
    return deployment.apis.listed("pubsub", f"v1/{_path(deployment)}/{kind}", kind)


def _path(deployment: Deployment) -> str:
    return f"projects/{deployment.project}"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _seconds(duration: str | None) -> float | None:
    return float(duration.removesuffix("s")) if duration else None
