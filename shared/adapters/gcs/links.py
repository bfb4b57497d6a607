"""What lets somebody without credentials read or upload one object for a while."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import google.auth
from google.auth.credentials import Signing
from google.auth.exceptions import TransportError
from google.auth.transport.requests import Request
from google.cloud.storage import Client

from shared.adapters.content_disposition import saved_as
from shared.adapters.gcs.errors import bucket_missing, translated
from shared.adapters.gcs.objects import RETRY, TIMEOUT_S, blob_of
from shared.adapters.gcs.resumable import end_upload
from shared.domain.errors import ConfigurationError, NotFound
from shared.domain.inert_types import inert_type
from shared.domain.records import ObjectRef
from shared.ports.object_links import REPEATED_S

__all__ = ["GcsLinks"]

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""The scopes that the storage client asks for don't cover IAM's signBlob."""

_REMEMBERED: Final = 4096
"""URLs; about 1 kB each."""


class GcsLinks:
    """Makes signed URLs and upload sessions.

    URLs are signed with the private key of the credentials this runs with. Where they have none, as on Cloud Run,
    IAM signs for the service account, which needs the role roles/iam.serviceAccountTokenCreator on itself. An
    emulator serves any signed URL, but signing it takes a service account all the same.

    Args:
        project: The project's id.

    Raises:
        ConfigurationError: There are no credentials.
    """

    def __init__(self, project: str) -> None:
        with translated(project):
            self._client = Client(project)
        self._signer: Any = None
        # IAM takes a tenth of a second for a signature, and a page shows the same pictures to many.
        self._remembered = lru_cache(_REMEMBERED)(self._sign)

    @property
    def origin(self) -> str:
        endpoint: str = self._client.api_endpoint
        return endpoint

    def signed_url(self, ref: ObjectRef, expires_s: float, *, save_as: str | None = None) -> str:
        """Returns a URL that anybody can GET an object from; see ObjectLinks.

        Raises:
            ConfigurationError: ``no_signer``: the credentials this runs with belong to no service account;
                ``signing_forbidden``: IAM does not let it sign.
            TransientError: IAM can't be reached.
        """
        return self._remembered(ref, expires_s, save_as, int(time.time() // REPEATED_S))

    def _sign(self, ref: ObjectRef, expires_s: float, save_as: str | None, _window: int) -> str:
        blob = blob_of(self._client, ref.bucket, ref.name)
        shown_as = inert_type(ref.content_type)
        with translated(ref.bucket, ref.name):
            signing = self._signing()
            try:
                url: str = blob.generate_signed_url(
                    version="v4",
                    expiration=timedelta(seconds=expires_s + REPEATED_S),
                    method="GET",
                    generation=ref.generation,
                    response_type=None if shown_as == ref.content_type else shown_as,
                    response_disposition=None if save_as is None else saved_as(save_as),
                    **signing,
                )
            except TransportError as error:
                if "PERMISSION_DENIED" not in str(error):  # the library tells it no other way
                    raise
                raise ConfigurationError(
                    "signing_forbidden",
                    f"IAM does not sign for {signing['service_account_email']}. Give this service account the "
                    "role roles/iam.serviceAccountTokenCreator on itself.",
                ) from error
        return url

    def upload_session(
        self,
        bucket: str,
        name: str,
        size_bytes: int,
        content_type: str,
        origin: str,
        *,
        crc32c: str | None = None,
        if_generation: int = 0,
    ) -> str:
        blob = blob_of(self._client, bucket, name)
        if crc32c is not None:
            blob.crc32c = crc32c  # Cloud Storage makes no object of anything else
        try:
            with translated(bucket, name):
                url: str = blob.create_resumable_upload_session(
                    content_type=content_type,
                    size=size_bytes,
                    origin=origin or None,
                    if_generation_match=if_generation,
                    checksum=None,
                    timeout=TIMEOUT_S,
                    retry=RETRY,
                )
        except NotFound as error:
            raise bucket_missing(bucket) from error
        return url

    def end_session(self, url: str) -> None:
        end_upload(url)

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def _signing(self) -> Mapping[str, Any]:
        """Returns what the client library needs for a signature."""
        if self._signer is None:
            self._signer, _ = google.auth.default(scopes=[_SCOPE])
        signer = self._signer
        if isinstance(signer, Signing):
            return {"credentials": signer, "service_account_email": signer.signer_email}
        if getattr(signer, "service_account_email", None) is None:
            raise ConfigurationError(
                "no_signer",
                "Signed URLs need a service account: run this as one, or impersonate one with `gcloud auth "
                "application-default login --impersonate-service-account`.",
            )
        if not signer.valid:
            signer.refresh(Request())  # which also tells whose credentials these are
        return {
            "credentials": signer,
            "service_account_email": signer.service_account_email,
            "access_token": signer.token,
        }
