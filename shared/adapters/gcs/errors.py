"""What Cloud Storage's errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import urllib3.exceptions
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from google.cloud.storage.exceptions import DataCorruption
from requests import RequestException

from shared.domain.errors import ConfigurationError, NotFound, Outage, PreconditionFailed, TransientError

__all__ = ["bucket_missing", "damaged", "translated"]

_UNREACHABLE: Final = (
    ConnectionError,
    RequestException,
    TransportError,
    exceptions.RetryError,
    exceptions.ServerError,
    exceptions.TooManyRequests,
    urllib3.exceptions.HTTPError,
)


def bucket_missing(bucket: str) -> ConfigurationError:
    """Returns what to raise when there is nowhere to store something."""
    return ConfigurationError(
        "bucket_missing", f"There is no bucket {bucket}. Create it, or correct the settings that name it."
    )


def damaged(bucket: str, name: str) -> TransientError:
    """Returns what to raise when the bytes that arrived are not those that were sent."""
    return TransientError("transfer_damaged", f"{name!r} in {bucket} was damaged on its way. It is tried again.")


@contextmanager
def translated(bucket: str, name: str = "") -> Iterator[None]:
    """Turns the client library's errors into ours.

    Args:
        bucket: Bucket that is asked.
        name: Object that is asked for, or the beginning of names.
    """
    try:
        yield
    except exceptions.NotFound as error:
        raise NotFound(f"There is no object {name!r} in {bucket}.") from error
    except exceptions.PreconditionFailed as error:
        raise PreconditionFailed(f"{name!r} in {bucket} has another generation") from error
    except DataCorruption as error:
        raise damaged(bucket, name) from error
    except exceptions.Forbidden as error:
        raise ConfigurationError(
            "storage_forbidden",
            f"Cloud Storage refuses access to the bucket {bucket}. Give the service account this runs as the role "
            f"roles/storage.objectUser on it. {error.message}",
        ) from error
    except (DefaultCredentialsError, RefreshError, exceptions.Unauthorized) as error:
        raise ConfigurationError("no_credentials", f"Cloud Storage can't be used: {error}") from error
    except _UNREACHABLE as error:
        raise Outage("store_unavailable", f"The bucket {bucket} can't be reached: {error}") from error
    except exceptions.ClientError as error:
        # Such as a checksum that does not match what arrived: the request was sound when it left.
        raise TransientError("store_refused", f"Cloud Storage refused {name!r} in {bucket}: {error}") from error
