"""The shape of the pipeline: its stages in order and what each may cost. The values stand in pipeline.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Flow", "Image", "Listener", "Needs", "Schedule", "Service", "StageSpec", "Task"]

Image: TypeAlias = Literal["light", "media"]
"""Which of the two container images a function is in: the one without FFmpeg and models, or the one with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an instance of a function gets on Google Cloud.

    Attributes:
        timeout_s: Seconds one request may take.
        memory: Memory, in Kubernetes notation.
        cpu: Virtual CPUs.
        image: Image it is in.
        concurrency: Requests that an instance handles at a time, and its threads.
        disk: Size of the disk that it works on, in Kubernetes notation; None where files in memory will do.
    """

    timeout_s: float
    memory: str
    cpu: float
    image: Image
    concurrency: int = 1
    disk: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec(Needs):
    """One row of the flow; ``timeout_s`` is what one attempt may take inside an event function.

    Attributes:
        stage: Name of the stage and of its folder under functions/.
        consumes: Topic whose events start it.
        emits: Topic its success is published to; also the event's type.
        status: The video's status once it is done.
        job_timeout_s: Seconds one attempt may take as a job, and where everything runs as one; None when it never
            does. Cloud Run jobs end after a day.
        max_attempts: Attempts, counted by us, after which the video is failed as poison.
    """

    stage: str
    consumes: str
    emits: str
    status: str
    max_attempts: int
    job_timeout_s: float | None = None

    @property
    def longest_s(self) -> float:
        """Seconds one attempt may take where no event function limits it."""
        return self.job_timeout_s or self.timeout_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener(Needs):
    """A function beside the chain.

    Attributes:
        function: Name of the function and of its folder under functions/.
        consumes: Topics whose messages start it.
        announcements: Whether everything that is announced about videos starts it too.
    """

    function: str
    consumes: tuple[str, ...]
    announcements: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Needs):
    """A function that no message of the flow starts, but HTTP or the clock.

    Attributes:
        function: Name of the function and of its folder under functions/.
    """

    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Needs):
    """A part of a stage's work that many instances do side by side, as the tasks of one job.

    Attributes:
        task: Name of the function and of its folder under functions/.
        parallelism: Tasks of one job that run at the same time.
    """

    task: str
    parallelism: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What sweep does regularly on Google Cloud. One machine, where looking costs nothing, does all of it at once.

    Attributes:
        schedule: Its name.
        cron: When, as cron writes it, in UTC.
        steps: Names of sweep's steps.
        within_s: Seconds it may take; what is left then is for the next time.
    """

    schedule: str
    cron: str
    steps: tuple[str, ...]
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All stages in the order they run.

    Attributes:
        stages: The rows.
        tasks: What stages have done by many instances at once.
        listeners: What happens beside the chain.
        services: The functions that no message of the flow starts.
        schedules: When sweep does what, on Google Cloud.
        registered_topic: Topic a run that starts at the beginning is announced on.
        corrected_topic: Topic a video is announced on that people said something else about.
        failed_topic: Topic a failed video is announced on.
        deleted_topic: Topic a deleted video is announced on.
        sweep_interval_s: Seconds between two runs of sweep on one machine.
    """

    stages: tuple[StageSpec, ...]
    tasks: tuple[Task, ...] = ()
    listeners: tuple[Listener, ...] = ()
    services: tuple[Service, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    registered_topic: str
    corrected_topic: str
    failed_topic: str
    deleted_topic: str
    sweep_interval_s: float

    def stage(self, name: str) -> StageSpec:
        """Returns the row of a stage. Raises KeyError with the known names."""
        for spec in self.stages:
            if spec.stage == name:
                return spec
        known = ", ".join(spec.stage for spec in self.stages)
        raise KeyError(f"no stage {name!r} in the pipeline; there are {known}")

    @property
    def announcements(self) -> tuple[str, ...]:
        """The topics that tell everybody about videos, in the order in which a run can get to them."""
        return (
            self.registered_topic,
            *(spec.emits for spec in self.stages),
            self.corrected_topic,
            self.failed_topic,
            self.deleted_topic,
        )

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic there is: what starts the chain, then the announcements, then what listeners wait for."""
        awaited = (topic for listener in self.listeners for topic in listener.consumes)
        return (self.stages[0].consumes, *self.announcements, *awaited)

    @property
    def needs(self) -> Mapping[str, Needs]:
        """Every function there is: its name and its row."""
        return {**self.served, **{task.task: task for task in self.tasks}}

    @property
    def served(self) -> Mapping[str, Needs]:
        """Every function that something is sent to: all but the tasks, which only jobs run."""
        return {
            **{spec.stage: spec for spec in self.stages},
            **{listener.function: listener for listener in self.listeners},
            **{service.function: service for service in self.services},
        }

    @property
    def message_functions(self) -> tuple[str, ...]:
        """Every function that messages about videos start; the clock's, which start sweep, are none."""
        return (*(spec.stage for spec in self.stages), *(listener.function for listener in self.listeners))

    def task(self, name: str) -> Task:
        """Returns the row of a task. Raises KeyError for an unknown one."""
        return {task.task: task for task in self.tasks}[name]

    def consumers(self, topic: str) -> tuple[str, ...]:
        """Returns the functions that messages of a topic start."""
        stages = (spec.stage for spec in self.stages if spec.consumes == topic)
        listeners = (one.function for one in self.listeners if topic in self.listened_to(one))
        return (*stages, *listeners)

    def listened_to(self, listener: Listener) -> tuple[str, ...]:
        """Returns the topics that start a listener."""
        return (*listener.consumes, *(self.announcements if listener.announcements else ()))

    def longest_s(self, function: str) -> float:
        """Returns the seconds that a function may take where no event function limits it."""
        for listener in self.listeners:
            if listener.function == function:
                return listener.timeout_s
        return self.stage(function).longest_s

    def before(self, name: str) -> tuple[StageSpec, ...]:
        """Returns the rows of the stages that run before the one named, in order."""
        return self.stages[: self.stages.index(self.stage(name))]

    def next_after_status(self, status: str) -> StageSpec | None:
        """Returns the stage that a video with this status waits for; None when no stage does."""
        if status == "registered":
            return self.stages[0]
        for spec, following in zip(self.stages, self.stages[1:], strict=False):
            if spec.status == status:
                return following
        return None
