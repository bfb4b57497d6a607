"""The deployment that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from infra.local.cloud_doctor.google_apis import GoogleApis
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError

__all__ = ["DEPLOY", "Deployment"]

DEPLOY: Final = "`make deploy PROJECT=... REGION=... ENVIRONMENT=...`"
"""What puts back all that Terraform makes. Terraform runs in Cloud Build: who reads this need not have it."""


@dataclass(frozen=True)
class Deployment:
    """What all checks need.

    Attributes:
        wiring: The deployment as the settings say.
        apis: How Google is asked.
        given_region: Where the functions are, as far as somebody says so.
        emulated: Whether it is on emulators, which know no settings that cost, protect or keep anything.
    """

    wiring: Bootstrap
    apis: GoogleApis
    given_region: str | None
    emulated: bool = False

    @property
    def project(self) -> str:
        """Id of the project. Raises ConfigurationError: ``project_missing``."""
        if self.wiring.settings.project is None:
            raise ConfigurationError("project_missing", "AUTOMATIONS_PROJECT must name the Google Cloud project.")
        return self.wiring.settings.project

    @cached_property
    def number(self) -> str:
        """Number of the project. Raises ApiRefusal."""
        found = self.apis.get("cloudresourcemanager", f"v3/projects/{self.project}")
        return str(found["name"]).rpartition("/")[2]

    @cached_property
    def region(self) -> str:
        """Where the functions are: where the uploads are, unless somebody says otherwise. Raises ApiRefusal."""
        if self.given_region is not None:
            return self.given_region
        bucket = self.apis.get("storage", f"storage/v1/b/{self.wiring.settings.upload_bucket}")
        return str(bucket["location"]).lower()

    @cached_property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """Cloud Run's services by name. Raises ApiRefusal."""
        return self._in_region("run", "v2", "services")

    @cached_property
    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        """Cloud Run's jobs by name. Raises ApiRefusal."""
        return self._in_region("run", "v2", "jobs")

    @cached_property
    def schedules(self) -> Mapping[str, Mapping[str, Any]]:
        """Cloud Scheduler's jobs by name. Raises ApiRefusal."""
        return self._in_region("cloudscheduler", "v1", "jobs")

    def account(self, name: str) -> str:
        """Returns the e-mail of one of the project's service accounts."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def _in_region(self, api: str, version: str, kind: str) -> Mapping[str, Mapping[str, Any]]:
        path = f"{version}/projects/{self.project}/locations/{self.region}/{kind}"
        return {one["name"].rpartition("/")[2]: one for one in self.apis.listed(api, path, kind)}
