"""The connection to Vertex AI: bounded in time, tried again while that helps, every request on the bill.

google-genai could repeat requests by itself, but then nobody would know how many were begun, and its patience
knows no deadline. So here each request is one of ours.
"""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import google.auth
import httpx
from google import genai
from google.auth import exceptions as auth_errors
from google.auth.credentials import Credentials
from google.genai import errors
from google.genai.types import HttpOptions
from google.oauth2.credentials import Credentials as TokenCredentials
from pydantic import ValidationError

from shared.domain.errors import ConfigurationError, Outage, PermanentError, PipelineError, TransientError
from shared.domain.video import Cost
from shared.ports.tool_session import ToolSession

__all__ = ["GeminiClient"]

T = TypeVar("T")

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_MARGIN_S: Final = 5.0  # what is left of an attempt when its last answer is in: to check it, keep it and say so
_SHORTEST_S: Final = 5.0  # no model answers in less; a request with less time would be paid for in vain
_UNBILLED_S: Final = 10.0  # how long a person waits
_LONGEST_PAUSE_S: Final = 30.0
_COME_BACK_S: Final = 60.0  # quotas are counted by the minute


class GeminiClient:
    """Makes requests; may be used from several threads.

    Args:
        project: Google Cloud project that pays.
        location: Where the models are: ``global``, ``us``, ``eu`` or a region.
        endpoint: Address to use instead of Vertex AI's; no credentials are sent there.
        timeout_s: Seconds to wait for one answer.
        tries: Requests for one answer, at most.
        pause_s: Seconds before the second try, more or less; doubled for each one after it.

    Raises:
        ConfigurationError: ``no_google_credentials``.
    """

    def __init__(
        self,
        project: str,
        location: str,
        *,
        endpoint: str | None = None,
        timeout_s: float = 180.0,
        tries: int = 4,
        pause_s: float = 2.0,
    ) -> None:
        self.location = location
        self._project = project
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._tries = tries
        self._pause_s = pause_s
        self._credentials = _default_credentials() if endpoint is None else _no_secret()
        self._lock = threading.Lock()
        self._sdk = self._connected()  # kept: a client that nobody refers to closes itself

    def request(
        self, send: Callable[[genai.Client, HttpOptions], T], session: ToolSession | None, *, subject: str
    ) -> T:
        """Makes a request, and again with growing, jittered pauses while the model is busy or unreachable.

        Args:
            send: Makes one request with these options.
            session: Bounds the time and is charged one call for every request begun; None allows a few seconds.
            subject: The model asked, for messages.

        Raises:
            PermanentError: ``model_request_refused``.
            TransientError: ``model_unavailable`` or ``model_out_of_time``.
            ConfigurationError: ``model_not_allowed``, ``model_not_found`` or ``no_google_credentials``.
        """
        until = time.monotonic() + (session.remaining_s() - _MARGIN_S if session else _UNBILLED_S)
        pause_s, tries_left = self._pause_s, self._tries
        while True:
            tries_left -= 1
            jittered_s = min(pause_s, _LONGEST_PAUSE_S) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            try:
                return self._send_once(send, session, until - time.monotonic(), subject)
            except _FAILURES as error:
                failure = _translated(error, subject)
                too_late = time.monotonic() + jittered_s + _SHORTEST_S > until
                if not isinstance(failure, TransientError) or tries_left == 0 or too_late:
                    raise failure from error
            time.sleep(jittered_s)
            pause_s *= 2

    def _send_once(
        self,
        send: Callable[[genai.Client, HttpOptions], T],
        session: ToolSession | None,
        left_s: float,
        subject: str,
    ) -> T:
        if left_s < _SHORTEST_S:
            raise TransientError(
                "model_out_of_time",
                "The stage's time is over before the model has answered everything; what it has answered is kept, "
                "and the next try goes on from there.",
            )
        options = HttpOptions(timeout=math.ceil(min(self._timeout_s, left_s) * 1000))
        if session is None:
            return self._send(send, options)
        session.charge(Cost(model_calls=1))
        about = {"gen_ai.provider.name": "gcp.vertex_ai", "gen_ai.request.model": subject}
        with session.step(subject, about):
            return self._send(send, options)

    def _send(self, send: Callable[[genai.Client, HttpOptions], T], options: HttpOptions) -> T:
        sdk = self._sdk
        try:
            return send(sdk, options)
        except RuntimeError as error:
            if "client has been closed" not in str(error):
                raise
            return send(self._reconnected(sdk), options)

    def _reconnected(self, closed: genai.Client) -> genai.Client:
        """Returns a new client in place of a closed one; several threads that meet the same one get the same."""
        with self._lock:
            if self._sdk is closed:
                self._sdk = self._connected()
            return self._sdk

    def _connected(self) -> genai.Client:
        return genai.Client(
            vertexai=True,
            project=self._project,
            location=self.location,
            credentials=self._credentials,
            http_options=HttpOptions(base_url=self._endpoint, api_version="v1"),
        )


def _default_credentials() -> Credentials:
    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except auth_errors.DefaultCredentialsError as error:
        raise _no_credentials(error) from error
    found: Credentials = credentials
    return found


def _no_secret() -> Credentials:
    made: Credentials = TokenCredentials("none")
    return made


_FAILURES: Final = (
    errors.APIError,
    json.JSONDecodeError,  # a body that is no JSON, or not all of it
    ValidationError,  # one that is another JSON
    httpx.RequestError,
    auth_errors.GoogleAuthError,
)


def _translated(error: Exception, subject: str) -> PipelineError:
    if isinstance(error, errors.APIError):
        return _translated_status(error, subject)
    if isinstance(error, auth_errors.GoogleAuthError) and not isinstance(error, auth_errors.TransportError):
        return _no_credentials(error)
    said = str(error)[:300]
    return TransientError(
        "model_unavailable",
        f"{subject} gave no answer that can be read ({type(error).__name__}: {said}); trying again.",
    )


def _translated_status(error: errors.APIError, subject: str) -> PipelineError:
    said = f"{error.code} {error.status}: {str(error.message)[:300]}"
    if error.code in (401, 403):
        return ConfigurationError(
            "model_not_allowed",
            f"Vertex AI refuses {subject} to these credentials ({said}). Grant them roles/aiplatform.user in the "
            "project, enable aiplatform.googleapis.com there, and let its service agent read the media bucket.",
        )
    if error.code == 404:
        return ConfigurationError(
            "model_not_found",
            f"Vertex AI has no {subject} there ({said}). Name another one in AUTOMATIONS_GEMINI__MODEL or "
            "AUTOMATIONS_GEMINI__EMBEDDING_MODEL, or another AUTOMATIONS_GEMINI__LOCATION.",
        )
    if error.code in (408, 429) or error.code >= 500:
        return Outage(
            "model_unavailable",
            f"{subject} is busy or failing ({said}); trying again.",
            retry_after_s=_COME_BACK_S,
        )
    return PermanentError(
        "model_request_refused",
        f"{subject} does not accept the request ({said}). Change the settings of gemini, or take it out of the "
        "analyzers, and replay from the stage that failed.",
    )


def _no_credentials(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        "no_google_credentials",
        "Gemini needs Google Cloud credentials, and there are none that work "
        f"({str(error)[:200]}). On your own machine: gcloud auth application-default login.",
    )
