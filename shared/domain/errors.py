"""The one error root and the three ways a stage can fail.

Codes are stable: clients and runbooks switch on them. ``detail`` is a sentence that tells a person what is
wrong and what to do next.
"""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "Forbidden",
    "LeaseLost",
    "NotFound",
    "Outage",
    "PermanentError",
    "PipelineError",
    "PreconditionFailed",
    "TransientError",
    "Unauthenticated",
]


class PipelineError(Exception):
    """Root of everything this product raises on purpose.

    Args:
        code: Stable snake_case identifier, such as ``unsupported_container``.
        detail: One sentence for a person: what is wrong, what to do next.
        log_tail: The last lines a tool wrote before it failed, if a tool was involved.
        command: The command line of that tool.
    """

    def __init__(self, code: str, detail: str, *, log_tail: str = "", command: tuple[str, ...] = ()) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.log_tail = log_tail
        self.command = command

    def __str__(self) -> str:
        return f"[{self.code}] {self.detail}"


class PermanentError(PipelineError):
    """Trying again can't help: the video is failed with this code and the delivery is acknowledged."""


class TransientError(PipelineError):
    """Trying again may help: the delivery is refused and comes back, up to the stage's max_attempts.

    Args:
        retry_after_s: Seconds before another try makes sense; None leaves it to the bus's backoff.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        retry_after_s: float | None = None,
        log_tail: str = "",
        command: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, detail, log_tail=log_tail, command=command)
        self.retry_after_s = retry_after_s


class Outage(TransientError):
    """A service that every video needs is out of order: the video is not at fault, and its try does not count.

    That holds for lifecycle.OUTAGE_LASTS_AT_MOST; a video for which a service never works must end too.
    """


class ConfigurationError(PipelineError):
    """The deployment is wrong, not the video: refused loudly, never counted against the video."""


class LeaseLost(PipelineError):
    """This worker no longer owns the stage: its result must be thrown away.

    Raised when a newer attempt, a newer generation of the source, or a deletion took over.
    """

    def __init__(self, detail: str) -> None:
        super().__init__("lease_lost", detail)


class NotFound(PipelineError):
    """The object or video asked for does not exist (any more)."""

    def __init__(self, detail: str) -> None:
        super().__init__("not_found", detail)


class PreconditionFailed(PipelineError):
    """The object changed under us: its generation is not the expected one."""

    def __init__(self, detail: str) -> None:
        super().__init__("precondition_failed", detail)


class Unauthenticated(PipelineError):
    """Nobody is known by what was sent along; ``detail`` says no more than whoever sent it may know."""

    def __init__(self, detail: str) -> None:
        super().__init__("unauthenticated", detail)


class Forbidden(PipelineError):
    """Whoever asks is known, and may not."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)
