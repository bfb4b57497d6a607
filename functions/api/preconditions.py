"""Whoever changes a video may say as what they saw it (If-Match), and hears when somebody else was faster.

A video's ETags begin with its revision. That is all that If-Match is compared with: what the pipeline does
meanwhile, which changes the answers too, takes nothing away from anybody.
"""

from __future__ import annotations

import hashlib

from werkzeug.wrappers import Request

from functions.api.rendering import encoded
from shared.domain.errors import PreconditionFailed
from shared.domain.video import Video

__all__ = ["require_match", "revision_of"]


def revision_of(video: Video) -> str:
    """Returns what tells apart the states that people have brought a video into."""
    said = (video.id, video.source.generation, video.run, video.details, video.tag_edits)
    return hashlib.sha256(encoded(said)).hexdigest()[:16]


def require_match(request: Request, video: Video) -> None:
    """Raises PreconditionFailed unless a video is still as whoever wants to change it saw it, if they say so."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return
    # What is no ETag is None there; it matches nothing, and so does a header without any.
    revisions = {etag.partition(".")[0] for etag in request.if_match.as_set() if etag}
    if revision_of(video) not in revisions:
        raise PreconditionFailed(
            "Somebody has changed this video since you read it; read it again and repeat your change on that."
        )
