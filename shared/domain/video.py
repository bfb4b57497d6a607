"""The video and the lease on its current stage: one aggregate, always changed as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Final

from shared.domain.media import MediaInfo
from shared.domain.tags import Tag, TagKind

__all__ = ["MAX_REASON_CHARS", "Cost", "Details", "Failure", "Lease", "Source", "TagEdit", "Video"]


MAX_REASON_CHARS: Final = 2000
"""A failure's reason travels in an event, and may quote what a tool or a library had to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The uploaded object.

    Attributes:
        bucket: Bucket it lies in.
        object: Its name there; may hold any character.
        name: Its last path component with control characters escaped, for people.
        generation: Grows with every overwrite; 0 while there is no object yet.
        size_bytes: Size as the bucket reports it; as announced, while there is no object yet.
        content_type: As the uploader claimed it; never trusted.
    """

    bucket: str
    object: str
    name: str
    generation: int
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a video failed.

    Attributes:
        code: Stable identifier, such as ``unsupported_container``.
        reason: A sentence for a person: what is wrong, what to do next.
        stage: The stage that failed.
    """

    code: str
    reason: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an attempt used.

    Attributes:
        wall_s: Seconds it took.
        cpu_s: CPU-seconds, tools included.
        bytes_read: Bytes read from buckets.
        bytes_written: Bytes written to buckets.
        model_calls: Requests to models that were begun, whether or not an answer came.
        input_tokens: Tokens that models were billed for reading.
        output_tokens: Tokens that models were billed for writing, thoughts included.
        model_usd: What those tokens cost at list price, in US dollars.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    bytes_read: int = 0
    bytes_written: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    model_usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        """Returns what both used together."""
        return Cost(**{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(Cost)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one worker to run the video's current stage.

    Attributes:
        stage: The stage.
        token: Fencing token; grows with every claim of this video, never with time.
        attempt: 1-based number of this attempt at the stage in this run.
        worker: Who holds it.
        started_at: When it was granted.
        expires_at: When others may take over unless it is extended.
        progress: How far the attempt is, 0..1.
        cost: What the attempt has used, as of its last heartbeat.
        execution: The job that the attempt was handed to; None when the worker that claimed it does the work.
            Until a task of the job takes the attempt up, the job itself is the worker.
    """

    stage: str
    token: int
    attempt: int
    worker: str
    started_at: datetime
    expires_at: datetime
    progress: float = 0.0
    cost: Cost = field(default_factory=Cost)
    execution: str | None = None

    @property
    def awaits_job(self) -> bool:
        """Whether the attempt was handed to a job that has not taken it up yet."""
        return self.worker == self.execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What its owner says about a video.

    Attributes:
        title: A name for people; empty for that of the file.
        description: Some sentences.
        metadata: The owner's own names and values.
    """

    title: str = ""
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEdit:
    """A tag that a person added to a video or took off it; it outlives every replay.

    Attributes:
        label: The tag's label, as tags have it.
        kind: Its kind.
        present: Whether the video has it.
        by: Who says so.
        start_s: Where it can be seen or heard, for one that was added.
        end_s: The first instant after that; None for the end of the video.
        at: When; None for what was said before that was noted.
        found: The tag as taggers had found it when the person judged it, with its strongest evidence; None for one
            that nobody had found.
    """

    label: str
    kind: TagKind
    present: bool
    by: str
    start_s: float = 0.0
    end_s: float | None = None
    at: datetime | None = None
    found: Tag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A video and where it is in the pipeline.

    Attributes:
        id: Deterministic id.
        owner: Whose it is.
        source: The uploaded object it stands for.
        run: 1-based; a newer generation or a replay starts a new one.
        run_began_at: When the run could begin: its bytes had come, or it was asked for. None of what was stored
            before this was noted.
        status: ``uploading``, ``registered``, a stage's status, ``ready``, ``failed`` or ``deleted``.
        status_at: When it got its status, so that an event that tells of it is the same whenever it is sent; None
            of what was stored before this was noted.
        failure: Set when failed.
        media: What probing found; None before ingest is done.
        results: Stage -> key of the result set that counts. Nothing else is ever shown.
        lease: Who works on the current stage; None when nobody does.
        last_token: Highest fencing token ever granted for this video.
        attempts: Stage -> attempts begun in this run.
        interruptions: Stage -> attempts of this run that ended because their host stopped.
        stage_began_at: When the current stage was first claimed in this run; None before that and once it is done.
        swept: True when no leftovers of finished or abandoned attempts remain.
        details: What its owner says about it.
        tag_edits: Tags that people added or took off, in the order of their labels.
        spent: What all attempts of all runs used.
        run_spent: What the attempts of this run used.
        trace: Ties the events and logs of this run together.
        created_at: First registration, or reservation.
        updated_at: Last change of status, run, lease holder or what people say about it, or last time its event
            was sent again.
    """

    id: str
    owner: str
    source: Source
    run: int
    run_began_at: datetime | None = None
    status: str
    status_at: datetime | None = None
    failure: Failure | None = None
    media: MediaInfo | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    lease: Lease | None = None
    last_token: int = 0
    attempts: Mapping[str, int] = field(default_factory=dict)
    interruptions: Mapping[str, int] = field(default_factory=dict)
    stage_began_at: datetime | None = None
    swept: bool = False
    details: Details = field(default_factory=Details)
    tag_edits: tuple[TagEdit, ...] = ()
    spent: Cost = field(default_factory=Cost)
    run_spent: Cost = field(default_factory=Cost)
    trace: str
    created_at: datetime
    updated_at: datetime

    @property
    def title(self) -> str:
        """What it is called, by its owner or else by its file."""
        return self.details.title or self.source.name
