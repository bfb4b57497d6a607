"""What a dead letter is about, why it was refused, and whether anything would come of delivering it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from shared.domain.change import Change, Claim, Decision, Declined
from shared.domain.errors import PermanentError
from shared.domain.events import Message, ObjectFinalized, VideoEvent, WorkRequested
from shared.domain.flow import Flow
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.status import FAILED
from shared.domain.tasks import TASKS
from shared.domain.video import Video
from shared.domain.wire import Delivery, parse_delivery, parse_sweep_due, pubsub_delivery
from shared.ports.clock import Clock
from shared.ports.dead_letters import DeadLetter
from shared.ports.document_store import DocumentStore
from shared.ports.video_repository import VideoRepository

__all__ = ["DeadLetterPorts", "Diagnosis", "diagnose"]

_SETTLED: Final = {
    "done": "The stage is done with it.",
    "superseded": "Something newer took its place.",
    "deleted": "The video was deleted.",
    "unknown": "There is no such run of a video.",
    "early": "An earlier stage is not done, and will send this itself.",
    "handed_over": "A job works on it; should that die, sweep sends this again.",
}
"""Why a claim would be declined -> what that means."""


class DeadLetterPorts(Protocol):
    """What finding that out needs."""

    @property
    def flow(self) -> Flow: ...

    @property
    def lifecycle(self) -> Lifecycle: ...

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is known of a dead letter.

    Attributes:
        about: What it is about, for people.
        video_id: The video; empty when it is about none.
        run: The video's run; 0 when it names none.
        reason: How the last attempt at it ended; empty when none is known.
        settled: Why nothing would come of delivering it again, and what to do instead; empty when something may.
    """

    about: str
    video_id: str = ""
    run: int = 0
    reason: str = ""
    settled: str = ""


def diagnose(letter: DeadLetter, ports: DeadLetterPorts) -> Diagnosis:
    """Returns what is known of a dead letter; changes nothing.

    Args:
        letter: The letter.
        ports: Where to look.

    Raises:
        TransientError: The store can't be reached.
    """
    content = (letter.data, dict(letter.attributes))
    delivery = pubsub_delivery(letter.topic, letter.id, content, letter.published_at.isoformat())
    if letter.function == "sweep":
        return _of_schedule(delivery)
    try:
        message = parse_delivery(delivery)
    except PermanentError as error:
        return Diagnosis(about="?", reason=str(error), settled="No function understands it.")
    if message is None:
        return Diagnosis(about="a notification", settled="It tells of nothing that a function acts on.")
    if not letter.topic:
        return Diagnosis(about=_about(message), settled="It does not say which topic it was published to.")
    if isinstance(message, WorkRequested):
        return _of_work(message, ports)
    if letter.function in (spec.stage for spec in ports.flow.stages):
        return _of_stage(letter.function, message, ports)
    return Diagnosis(about=_about(message), video_id=_video_id(message), run=_run(message))


def _of_schedule(delivery: Delivery) -> Diagnosis:
    try:
        about = ", ".join(parse_sweep_due(delivery).steps)
    except PermanentError as error:
        return Diagnosis(about="?", reason=str(error), settled="Sweep does not understand it.")
    return Diagnosis(about=about, settled="The schedule sends another one each time.")


def _of_work(message: WorkRequested, ports: DeadLetterPorts) -> Diagnosis:
    kinds = [kind for kind, topic in TASKS.items() if topic == message.type]
    if not kinds:
        return Diagnosis(about=_about(message), settled=f"Nothing here does what {message.type} asks for.")
    tasks = (ports.documents.get(kind, message.document_id, owner=None) for kind in kinds)
    task = next(filter(None, tasks), None)
    due = task is not None and task.due_at is not None and task.due_at <= ports.clock.now()
    video_id = "" if task is None else task.about
    return Diagnosis(about=_about(message), video_id=video_id, settled="" if due else "It is done, or not due.")


def _of_stage(stage: str, message: VideoEvent | ObjectFinalized, ports: DeadLetterPorts) -> Diagnosis:
    video_id = _video_id(message)
    run, answer = ports.repository.update(video_id, _asking(stage, message, ports))
    return Diagnosis(
        about=_about(message),
        video_id=video_id,
        run=run,
        reason=_last_refusal(ports, video_id, run, stage),
        settled=_settled(answer, ports.repository.get(video_id)),
    )


def _asking(
    stage: str, message: VideoEvent | ObjectFinalized, ports: DeadLetterPorts
) -> Decision[tuple[int, Claim | Declined]]:
    """Returns what answers with the run that a message is about, and with what its stage would be told."""

    def decide(video: Video | None) -> Change[tuple[int, Claim | Declined]]:
        now, run = ports.clock.now(), _run(message)
        if isinstance(message, ObjectFinalized):
            registering = ports.lifecycle.register(message, now)(video)
            run = registering.answer.run
            if registering.answer.stale:
                return Change(answer=(run, Declined(reason="superseded")))
            video = registering.video or video
        return Change(answer=(run, ports.lifecycle.claim(stage, run, "", now, 0.0)(video).answer))

    return decide


def _settled(answer: Claim | Declined, video: Video | None) -> str:
    if isinstance(answer, Claim):
        return ""
    if answer.reason != "finished":
        return _SETTLED.get(answer.reason, "")
    if video is None or video.status != FAILED or video.failure is None:
        return "The video is ready."
    return (
        f"The video failed: [{video.failure.code}] {video.failure.reason} `automations replay {video.id}` has it "
        "processed again."
    )


def _last_refusal(ports: DeadLetterPorts, video_id: str, run: int, stage: str) -> str:
    tried = [one for one in ports.repository.attempts(video_id) if (one.run, one.stage) == (run, stage)]
    if not tried or not tried[-1].code:
        return ""
    return f"[{tried[-1].code}] {tried[-1].reason}"


def _about(message: Message) -> str:
    if isinstance(message, ObjectFinalized):
        return f"{message.bucket}/{message.name}"
    if isinstance(message, WorkRequested):
        return f"{message.type} {message.document_id}"
    return f"{message.video_id} run {message.run}"


def _video_id(message: VideoEvent | ObjectFinalized) -> str:
    return video_id_of(message.bucket, message.name) if isinstance(message, ObjectFinalized) else message.video_id


def _run(message: VideoEvent | ObjectFinalized) -> int:
    return 0 if isinstance(message, ObjectFinalized) else message.run
