"""How Firestore is called: how long an answer may take, what is asked again, and what its errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from google.api_core import exceptions, retry
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

from shared.domain.errors import ConfigurationError, Outage

__all__ = ["COMMIT_TIMEOUT_S", "OUTCOME_UNKNOWN", "READING", "firestore_errors"]

COMMIT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 10.0

_PASSING: Final = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.Cancelled,
    exceptions.Conflict,
    exceptions.RetryError,
)

OUTCOME_UNKNOWN: Final = (*_PASSING, exceptions.FailedPrecondition)
"""After these nobody knows whether a commit took place: even "the document has changed" may mean that an earlier
try, whose answer got lost, has changed it."""

READING: Final[dict[str, Any]] = {
    "timeout": _READ_TIMEOUT_S,
    "retry": retry.Retry(
        predicate=retry.if_exception_type(*_PASSING), initial=0.1, maximum=2.0, timeout=_READ_TIMEOUT_S
    ),
}
"""Arguments of every call that reads."""


@contextmanager
def firestore_errors() -> Iterator[None]:
    """Raises what goes wrong inside as errors of ours.

    Raises:
        TransientError: Firestore can't be reached, or not now.
        ConfigurationError: It refuses: no such database, no permission, no index.
    """
    try:
        yield
    except (*_PASSING, GoogleAuthError) as error:
        if isinstance(error, DefaultCredentialsError):
            raise ConfigurationError(
                "store_refused", f"There are no credentials to use Firestore with: {error}"
            ) from error
        raise Outage("store_unavailable", f"Firestore can't be used: {error}") from error
    except (
        exceptions.Forbidden,
        exceptions.Unauthorized,
        exceptions.NotFound,
        exceptions.FailedPrecondition,
    ) as error:
        raise ConfigurationError(
            "store_refused",
            f"Firestore refuses ({error}). Check that the database exists, that its indexes are those of the "
            "deployment's index definition, and that the function's service account may use it.",
        ) from error
