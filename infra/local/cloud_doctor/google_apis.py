"""Google Cloud's APIs as their reference describes them: JSON over HTTP, read only.

One way to ask all of them, also those that no client library is installed for. Emulators speak it, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import google.auth
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests import Response
from requests.exceptions import RequestException

from shared.domain.errors import PipelineError
from shared.ports.clock import Clock

__all__ = ["ApiRefusal", "GoogleApis", "emulated"]

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_TIMEOUT_S: Final = 20.0
_PAGE: Final = 300
_EMULATORS: Final = {"pubsub": "PUBSUB_EMULATOR_HOST", "storage": "STORAGE_EMULATOR_HOST"}
"""API -> the variable with which Google's clients find its emulator."""


class ApiRefusal(PipelineError):
    """An API said no, or nothing.

    Args:
        status: HTTP status; 0 when it could not be asked.
        detail: What it said.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__("api_refused", detail)
        self.status = status


class GoogleApis:
    """Asks the APIs.

    Args:
        clock: The time.
        endpoints: API -> address, where it is not Google's; nobody's credentials are sent to any address then.

    Attributes:
        account: Whose credentials are used.
        skew_s: Seconds by which this machine's clock is ahead of that of whoever answered last.

    Raises:
        PipelineError: ``no_google_credentials``: there are none, or they are no longer good.
    """

    def __init__(self, clock: Clock, endpoints: Mapping[str, str]) -> None:
        self._clock = clock
        self._endpoints = endpoints
        credentials = AnonymousCredentials() if endpoints else _default_credentials()
        self._session = AuthorizedSession(credentials)
        self.account = getattr(credentials, "service_account_email", None) or "your own account"
        self.skew_s = 0.0

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def get(self, api: str, path: str, **parameters: str) -> dict[str, Any]:
        """Returns what is at a path. Raises ApiRefusal."""
        return self._answer("GET", api, path, params=parameters)

    def listed(self, api: str, path: str, key: str, **parameters: str) -> list[dict[str, Any]]:
        """Returns what all pages of a list have under a key. Raises ApiRefusal."""
        found: list[dict[str, Any]] = []
        page = {"pageSize": str(_PAGE), **parameters}
        while True:
            answer = self.get(api, path, **page)
            found += answer.get(key, [])
            if not answer.get("nextPageToken"):
                return found
            page["pageToken"] = answer["nextPageToken"]

    def ask(self, api: str, path: str, question: Mapping[str, object]) -> dict[str, Any]:
        """Returns the answer of a method that changes nothing although it is a POST. Raises ApiRefusal."""
        return self._answer("POST", api, path, json=question)

    def _answer(self, method: str, api: str, path: str, **arguments: Any) -> dict[str, Any]:
        address = self._endpoints.get(api, f"https://{api}.googleapis.com")
        try:
            response = self._session.request(method, f"{address}/{path}", timeout=_TIMEOUT_S, **arguments)
        except (RequestException, GoogleAuthError) as error:
            raise ApiRefusal(0, f"{address} does not answer ({error}).") from error
        if "Date" in response.headers:
            their_time = parsedate_to_datetime(response.headers["Date"])
            self.skew_s = (self._clock.now() - their_time).total_seconds()
        if not response.ok:
            raise ApiRefusal(response.status_code, _said(response))
        answer: dict[str, Any] = response.json()
        return answer


def emulated() -> dict[str, str]:
    """Returns API -> address of the emulators that Google's clients would use in this process."""
    found = {api: os.environ[variable] for api, variable in _EMULATORS.items() if os.environ.get(variable)}
    return {api: host if "://" in host else f"http://{host}" for api, host in found.items()}


def _default_credentials() -> Credentials:
    try:
        credentials: Credentials
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except GoogleAuthError as error:
        raise PipelineError("no_google_credentials", str(error)) from error
    return credentials


def _said(response: Response) -> str:
    try:
        message = str(response.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        message = response.text[:200]
    return f"HTTP {response.status_code}: {message}"
