"""A domain of one's own: what stands in front of the API, and that there is no way around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import Client

from functions.api import console_files
from functions.api.app import create_app
from functions.api.media_links import MediaLinks
from shared.adapters.signing_key import SigningKey
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts
from tests.terraform.planning import Plan, RefusedPlan, planned

DOMAIN = "videos.example.com"
CANDIDATE = f"candidate.{DOMAIN}"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(domain=DOMAIN)


def only(plan: Plan, kind: str, name: str = "") -> Mapping[str, Any]:
    """Returns the only resource of a kind."""
    (found,) = plan.of(kind, name).values()
    return found


def api_of(plan: Plan) -> Mapping[str, Any]:
    return plan.of("cloud_run_v2_service")["api"]


def test_without_a_domain_there_is_nothing_of_it() -> None:
    plan = planned()
    assert not [address for address in plan.resources if address.startswith("google_compute_")]
    assert plan.outputs.get("domain_address") is None
    assert api_of(plan)["ingress"] == "INGRESS_TRAFFIC_ALL"


def test_with_one_there_is_no_way_around_it(plan: Plan) -> None:
    assert api_of(plan)["ingress"] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    policy = only(plan, "compute_security_policy")["id"]
    assert {one["security_policy"] for one in plan.of("compute_backend_service").values()} == {policy}


def test_both_names_lead_to_their_revisions(plan: Plan) -> None:
    groups = plan.of("compute_region_network_endpoint_group")
    assert {host: group["cloud_run"][0]["tag"] for host, group in groups.items()} == {
        DOMAIN: None,
        CANDIDATE: "candidate",
    }
    backends = plan.of("compute_backend_service")
    for host, group in groups.items():
        assert [backend["group"] for backend in backends[host]["backend"]] == [group["id"]]
    url_map = only(plan, "compute_url_map", "api")
    assert url_map["default_service"] == backends[DOMAIN]["id"]
    assert [rule["hosts"] for rule in url_map["host_rule"]] == [[CANDIDATE]]
    assert [matcher["default_service"] for matcher in url_map["path_matcher"]] == [backends[CANDIDATE]["id"]]
    assert set(only(plan, "compute_managed_ssl_certificate")["managed"][0]["domains"]) == {DOMAIN, CANDIDATE}


def test_without_tls_one_is_sent_to_where_there_is(plan: Plan) -> None:
    rules = plan.of("compute_global_forwarding_rule")
    assert {rule["port_range"]: rule["target"] for rule in rules.values()} == {
        "443": only(plan, "compute_target_https_proxy")["id"],
        "80": only(plan, "compute_target_http_proxy")["id"],
    }
    assert {rule["ip_address"] for rule in rules.values()} == {plan.outputs["domain_address"]}
    (redirect,) = only(plan, "compute_url_map", "to_https")["default_url_redirect"]
    assert redirect["https_redirect"]
    assert not redirect["strip_query"]


def test_pages_of_the_domain_may_use_the_buckets(plan: Plan) -> None:
    for bucket in plan.of("storage_bucket").values():
        assert set(bucket["cors"][0]["origin"]) == {f"https://{DOMAIN}", f"https://{CANDIDATE}"}
    assert plan.outputs["api_url"] == f"https://{DOMAIN}"


class TestCloudArmor:
    def rules(self, plan: Plan) -> list[Mapping[str, Any]]:
        rules: list[Mapping[str, Any]] = only(plan, "compute_security_policy")["rule"]
        return sorted(rules, key=lambda rule: int(rule["priority"]))

    def test_each_rule_has_a_place_of_its_own_and_the_last_one_takes_the_rest(self, plan: Plan) -> None:
        priorities = [rule["priority"] for rule in self.rules(plan)]
        assert len(priorities) == len(set(priorities))
        assert (self.rules(plan)[-1]["action"], priorities[-1]) == ("allow", 2147483647)

    def test_addresses_are_limited(self, plan: Plan) -> None:
        (limit,) = [rule for rule in self.rules(plan) if rule["action"] == "throttle"]
        (options,) = limit["rate_limit_options"]
        assert not limit["preview"]
        assert (options["exceed_action"], options["enforce_on_key"]) == ("deny(429)", "IP")
        assert options["rate_limit_threshold"] == [{"count": 3000, "interval_sec": 60}]

    def test_known_attacks_are_only_logged_until_somebody_says_otherwise(self, plan: Plan) -> None:
        for enforced, planned_so in ((False, plan), (True, planned(domain=DOMAIN, waf_enforced=True))):
            known = [rule for rule in self.rules(planned_so) if rule["match"][0]["expr"]]
            assert len(known) == 5
            assert {rule["preview"] for rule in known} == {not enforced}
            assert {rule["action"] for rule in known} == {"deny(403)"}


def test_only_what_the_api_calls_public_is_cached_and_that_is_the_consoles_files(plan: Plan) -> None:
    for backend in plan.of("compute_backend_service").values():
        assert backend["enable_cdn"]
        assert backend["cdn_policy"][0]["cache_mode"] == "USE_ORIGIN_HEADERS"
    ports = FakeApiPorts()
    VideoDriver(ports.repository).upload()
    client = Client(create_app(ports))
    headers = {"Authorization": "Bearer viewer:ann"}
    public = {
        path
        for path in ("/", "/docs", f"/console/{console_files.release()}/icon.svg", "/openapi.json", "/v1/videos")
        if "public" in client.get(path, headers=headers).headers.get("Cache-Control", "")
    }
    assert public == {f"/console/{console_files.release()}/icon.svg"}


@pytest.mark.parametrize("domain", ["videos", "https://videos.example.com", "Videos.example.com"])
def test_a_domain_is_a_name_alone(domain: str) -> None:
    with pytest.raises(RefusedPlan, match="A domain is named like"):
        planned(domain=domain)


def test_links_that_open_a_file_are_in_no_log() -> None:
    (exclusion,) = planned().of("logging_project_exclusion").values()
    pattern = re.fullmatch(r'httpRequest\.requestUrl =~ "(.+)"', exclusion["filter"])
    assert pattern is not None
    link = MediaLinks(SigningKey.generate(), ManualClock(), 3600).link("videos/v/r1/transcode-1/master.m3u8")
    assert re.search(pattern[1], f"https://{DOMAIN}{link}")
    assert not re.search(pattern[1], f"https://{DOMAIN}/v1/search?q=signature")
