"""The shape of the pipeline: its stages in order and what each may cost. The values stand in pipeline.json."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Flow", "Listener", "StageSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec:
    """One row of the flow.

    Attributes:
        stage: Name of the stage and of its folder under functions/.
        consumes: Topic whose events start it.
        emits: Topic its success is published to; also the event's type.
        status: The video's status once it is done.
        timeout_s: Seconds one attempt may take inside an event function.
        job_timeout_s: Seconds one attempt may take as a job, and where everything runs as one; None when it never
            does. Cloud Run jobs end after a day.
        memory: Memory a function instance gets, in Kubernetes notation.
        cpu: Virtual CPUs a function instance gets.
        max_attempts: Attempts, counted by us, after which the video is failed as poison.
    """

    stage: str
    consumes: str
    emits: str
    status: str
    timeout_s: float
    memory: str
    cpu: float
    max_attempts: int
    job_timeout_s: float | None = None

    @property
    def longest_s(self) -> float:
        """Seconds one attempt may take where no event function limits it."""
        return self.job_timeout_s or self.timeout_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A function beside the chain.

    Attributes:
        function: Name of the function and of its folder under functions/.
        consumes: Topics whose messages start it.
        announcements: Whether everything that is announced about videos starts it too.
        timeout_s: Seconds one delivery may take.
        memory: Memory an instance gets, in Kubernetes notation.
        cpu: Virtual CPUs an instance gets.
    """

    function: str
    consumes: tuple[str, ...]
    announcements: bool = False
    timeout_s: float
    memory: str
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All stages in the order they run.

    Attributes:
        stages: The rows.
        listeners: What happens beside the chain.
        registered_topic: Topic a run that starts at the beginning is announced on.
        failed_topic: Topic a failed video is announced on.
        deleted_topic: Topic a deleted video is announced on.
        sweep_interval_s: Seconds between two runs of sweep.
    """

    stages: tuple[StageSpec, ...]
    listeners: tuple[Listener, ...] = ()
    registered_topic: str
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
            self.failed_topic,
            self.deleted_topic,
        )

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic there is: what starts the chain, then the announcements, then what listeners wait for."""
        awaited = (topic for listener in self.listeners for topic in listener.consumes)
        return (self.stages[0].consumes, *self.announcements, *awaited)

    @property
    def functions(self) -> tuple[str, ...]:
        """Every function that messages start."""
        return (*(spec.stage for spec in self.stages), *(listener.function for listener in self.listeners))

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
