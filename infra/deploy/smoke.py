"""Does what a user does, once: uploads a small clip, waits until it is ready, plays it, erases it.

    AUTOMATIONS_PLATFORM=google AUTOMATIONS_PROJECT=... python -m infra.deploy.smoke https://...

It makes the key that lets it in, in the deployment's own store, for an hour, and removes it again: so there is no
secret to keep, and whoever runs it needs access to that store. Exit status: 0 if all went well.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import jwt
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from infra.local.key import stored_key
from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.domain.api_key import ApiKey

__all__ = ["OWNER", "SmokeError", "SmokeTest", "main", "render_clip", "temporary_key"]

OWNER: Final = "smoke-test"
"""Whose the clip is; infra/gcp/candidate.tf sends what is theirs to the candidates."""

_LOOK_EVERY_S: Final = 2.0
_READY_WITHIN_S: Final = 600.0
_REQUEST_S: Final = 60.0
_KEY_LIFE: Final = timedelta(hours=1)


class SmokeError(Exception):
    """The deployment does not do what it should; the message says what."""


class SmokeTest:
    """A user with a program.

    Args:
        url: Where the API is.
        key: What it is let in with; an editor's.
        look_every_s: Seconds between two looks at the clip's status.
        ready_within_s: Seconds that it may take to become ready.
    """

    def __init__(
        self, url: str, key: str, *, look_every_s: float = _LOOK_EVERY_S, ready_within_s: float = _READY_WITHIN_S
    ) -> None:
        self._url = url.rstrip("/")
        self._look_every_s = look_every_s
        self._ready_within_s = ready_within_s
        self._links = requests.Session()  # the key is for the API, not for the buckets
        # What a proxy or a starting instance answers now and then says nothing of the release.
        patience = Retry(total=3, backoff_factor=1, status_forcelist=(502, 503, 504), allowed_methods=None)
        self._links.mount("http", HTTPAdapter(max_retries=patience))
        self._api = requests.Session()
        self._api.mount("http", HTTPAdapter(max_retries=patience))
        self._api.headers["Authorization"] = f"Bearer {key}"

    def run(self, clip: Path) -> None:
        """Sends a clip through the deployment, and takes it out again however that ends.

        Args:
            clip: A video.

        Raises:
            SmokeError: Something is not as it should be.
        """
        upload = self._ask("POST", "/v1/uploads", {"name": clip.name, "size_bytes": clip.stat().st_size})
        video_id = str(upload["video_id"])
        try:
            self._send(urljoin(f"{self._url}/", upload["url"]), clip)
            self._wait(video_id)
            self.play(self._ask("GET", f"/v1/videos/{video_id}/playback"))
        except Exception:
            with suppress(SmokeError, requests.RequestException):  # what is reported is what came first
                self._erase(video_id)
            raise
        self._erase(video_id)

    def _send(self, session_url: str, clip: Path) -> None:
        content = clip.read_bytes()
        answer = self._links.put(
            session_url,
            data=content,
            headers={"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"},
            timeout=_REQUEST_S,
        )
        if answer.status_code not in {200, 201}:
            raise SmokeError(f"The upload was answered with {answer.status_code}: {answer.text[:500]}")

    def _wait(self, video_id: str) -> None:
        give_up_at = time.monotonic() + self._ready_within_s
        while True:
            video = self._ask("GET", f"/v1/videos/{video_id}")
            if video["status"] == "ready":
                return
            if video["status"] == "failed":
                raise SmokeError(f"The clip failed: {video['failure']}")
            if time.monotonic() > give_up_at:
                raise SmokeError(f"The clip is still {video['status']} after {self._ready_within_s:.0f} s.")
            time.sleep(self._look_every_s)

    def play(self, playback: dict[str, Any]) -> None:
        """Fetches manifests and a first segment, as a player does.

        Args:
            playback: What ``GET /v1/videos/{id}/playback`` answers.

        Raises:
            SmokeError: Something can't be had.
        """
        if not playback["hls"] or not playback["dash"]:
            raise SmokeError(f"There is nothing to play: {playback}")
        self._fetch(urljoin(f"{self._url}/", playback["dash"]))
        master_url = urljoin(f"{self._url}/", playback["hls"])
        variant_url = urljoin(master_url, _first_uri(self._fetch(master_url).decode(), "#EXT-X-STREAM-INF"))
        segment_url = urljoin(variant_url, _first_uri(self._fetch(variant_url).decode(), "#EXTINF"))
        if not self._fetch(segment_url):
            raise SmokeError("A segment is empty.")

    def _erase(self, video_id: str) -> None:
        receipt = self._ask("DELETE", f"/v1/videos/{video_id}")["receipt"]
        try:
            key = jwt.PyJWKClient(f"{self._url}/.well-known/jwks.json").get_signing_key_from_jwt(receipt)
            jwt.decode(receipt, key, algorithms=["ES256"])
        except jwt.PyJWTError as error:
            raise SmokeError(f"The receipt for erasing the clip can't be verified: {error}") from error
        answer = self._api.get(f"{self._url}/v1/videos/{video_id}", timeout=_REQUEST_S)
        if answer.status_code != 404:
            raise SmokeError(f"The erased clip is still answered with {answer.status_code}.")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._api.request(method, f"{self._url}{path}", json=body, timeout=_REQUEST_S)
        if not answer.ok:
            raise SmokeError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}")
        answered: dict[str, Any] = answer.json()
        return answered

    def _fetch(self, url: str) -> bytes:
        answer = self._links.get(url, timeout=_REQUEST_S)
        if not answer.ok:
            raise SmokeError(f"{url.partition('?')[0]} was answered with {answer.status_code}.")
        return answer.content


@contextmanager
def temporary_key(wiring: Bootstrap) -> Iterator[str]:
    """Makes a key for the smoke test, and removes it afterwards.

    Args:
        wiring: The deployment's parts.
    """
    key, secret = stored_key(wiring, owner=OWNER, role="editor", name="smoke test", life=_KEY_LIFE)
    try:
        yield secret
    finally:
        wiring.documents.delete(ApiKey, key.id, owner=OWNER)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    (url,) = arguments if arguments is not None else sys.argv[1:]
    wiring = Bootstrap()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as made, temporary_key(wiring) as key:
            SmokeTest(url, key).run(render_clip(Path(made) / "smoke.mp4"))
    except (SmokeError, requests.RequestException) as error:
        print(f"The smoke test failed: {error}", file=sys.stderr)  # noqa: T201  the answer
        return 1
    finally:
        wiring.close()
    print(f"A clip was uploaded, processed, played and erased in {time.monotonic() - began:.0f} s.")  # noqa: T201  the answer
    return 0


def render_clip(path: Path) -> Path:
    """Renders two seconds of picture and sound with one cut, as small as the pipeline likes it; returns where."""
    command = [
        str(bundled("ffmpeg")), "-v", "error", "-nostdin",
        "-f", "lavfi", "-i", "testsrc=size=192x108:rate=10:duration=1",
        "-f", "lavfi", "-i", "smptebars=size=192x108:rate=10:duration=1",
        "-f", "lavfi", "-i", "sine=frequency=440:duration=2",
        "-filter_complex", "[0][1]concat=n=2:v=1[v]", "-map", "[v]", "-map", "2:a",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return path


def _first_uri(playlist: str, after: str) -> str:
    """Returns the first address after a tag in an HLS playlist."""
    lines = iter(playlist.splitlines())
    for line in lines:
        if line.startswith(after):
            found = next((one for one in lines if one and not one.startswith("#")), None)
            if found is not None:
                return found
    raise SmokeError(f"A playlist has nothing after {after}.")


if __name__ == "__main__":
    sys.exit(main())
