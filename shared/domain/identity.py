"""Names that are the same whoever computes them, so that a duplicate event can't make a second thing."""

from __future__ import annotations

import base64
import hashlib
import uuid

__all__ = [
    "chunks_key",
    "chunks_run",
    "clips_key",
    "edited_key",
    "erased_id",
    "erased_owner",
    "event_id_of",
    "generation_of",
    "memo_key",
    "object_prefix",
    "owner_of",
    "result_key",
    "run_of",
    "token_of",
    "trace_of",
    "video_id_of",
]

_EVENTS = uuid.UUID("6f0c2f6e-6d0b-5b53-9f0e-3c1f5a3b7a10")
_MEMO = "memo/g"
_CLIPS = "clips/g"
_CHUNKS = "chunks/r"


def video_id_of(bucket: str, name: str) -> str:
    """Returns the id of the video that an upload object becomes: ``v`` and 26 of [a-z2-7]."""
    digest = hashlib.sha256(f"{bucket}\0{name}".encode("utf-8", "surrogatepass")).digest()
    return "v" + base64.b32encode(digest).decode().lower()[:26]


def erased_id(video_id: str) -> str:
    """Returns what an erased video is remembered as: ``e`` and 26 of [a-z2-7], which lead back to nothing.

    Whoever knows the video's id can tell that this stands for it, such as a late duplicate of its upload's event.
    """
    digest = hashlib.sha256(f"erased\0{video_id}".encode("utf-8", "surrogatepass")).digest()
    return "e" + base64.b32encode(digest).decode().lower()[:26]


def erased_owner(owner: str) -> str:
    """Returns what stands for the owner of an erased video: a digest, which only those who know the owner find."""
    return erased_id(f"owner\0{owner}")


def owner_of(name: str) -> str:
    """Returns whose an upload is: the first folder of its name, ``default`` for one outside any folder."""
    owner, slash, _ = name.partition("/")
    return owner if slash and owner else "default"


def event_id_of(video_id: str, run: int, event_type: str) -> str:
    """Returns the id of an event; duplicates of one event share it."""
    return str(uuid.uuid5(_EVENTS, f"{video_id}/{run}/{event_type}"))


def result_key(run: int, stage: str, token: int) -> str:
    """Returns the key under which one attempt writes its records and its objects."""
    return f"r{run}/{stage}-{token}"


def edited_key(run: int, stage: str, token: int, editor: str) -> str:
    """Returns the key under which a stage's results are written anew when people correct them.

    Args:
        run: The run.
        stage: The stage.
        token: The next fencing token.
        editor: Tells those apart who do so at the same moment, of whom one is too late.
    """
    return result_key(run, f"{stage}.{editor}", token)


def token_of(key: str) -> int:
    """Returns the fencing token of whoever wrote under a key that result_key() or edited_key() made."""
    return int(key.rpartition("-")[2])


def run_of(key: str) -> int:
    """Returns the run that a key belongs to: one that result_key() or edited_key() made, or its beginning."""
    return int(key.partition("/")[0].removeprefix("r"))


def trace_of(video_id: str, run: int) -> str:
    """Returns the W3C trace id of a run: 32 hex digits."""
    return hashlib.sha256(f"{video_id}/{run}".encode()).hexdigest()[:32]


def memo_key(generation: int) -> str:
    """Returns the key under which objects lie that outlive runs, but not their source's generation."""
    return f"{_MEMO}{generation}"


def clips_key(generation: int) -> str:
    """Returns the key under which the clips of a source's generation lie, which outlive runs, too."""
    return f"{_CLIPS}{generation}"


def generation_of(key: str) -> int | None:
    """Returns the generation of a key that memo_key() or clips_key() made; None for any other key."""
    kept = next((prefix for prefix in (_MEMO, _CLIPS) if key.startswith(prefix)), None)
    return None if kept is None else int(key.removeprefix(kept))


def chunks_key(run: int) -> str:
    """Returns the key under which the chunks of a run lie, whichever of its attempts has them encoded."""
    return f"{_CHUNKS}{run}"


def chunks_run(key: str) -> int | None:
    """Returns the run of a key that chunks_key() made; None for any other key."""
    return int(key.removeprefix(_CHUNKS)) if key.startswith(_CHUNKS) else None


def object_prefix(video_id: str, key: str = "") -> str:
    """Returns the folder in the media bucket of a video, or of one key of it; ends with a slash."""
    return f"videos/{video_id}/{key}/" if key else f"videos/{video_id}/"
