"""Where hostile files are tried: two deployments, the canaries, and the table of what became of the files."""

from __future__ import annotations

from dataclasses import dataclass

from tests.media.hostile.case import READY, Kit
from tests.media.hostile.uploads import Outcome, Worker
from tests.media.hostile.watch import Canary, OpenWatch
from tests.result_table import ResultTable

__all__ = ["COLUMNS", "Range"]

COLUMNS = ("number", "variant", "result", "code", "seconds", "peak MiB", "tools", "canary hits")


@dataclass
class Range:
    """Where hostile files are tried.

    Attributes:
        kit: Builds them.
        canary: The server.
        watch: The file.
        worker: The deployment, with all guards.
        online: Another one, whose tools keep the network.
        table: What is noted.
        clean: What undamaged files became, by name.
    """

    kit: Kit
    canary: Canary
    watch: OpenWatch
    worker: Worker
    online: Worker
    table: ResultTable
    clean: dict[str, Outcome]

    def hits(self) -> int:
        """Returns how often the canaries were touched, by anything, since the range was made."""
        self.watch.read()
        return len(self.canary.requests) + self.watch.hits

    def media(self, outcome: Outcome) -> dict[str, bytes]:
        """Returns what an upload is played from."""
        stored = outcome.renditions.items()
        return {name: self.worker.data_dir.joinpath(*place).read_bytes() for name, place in stored}

    def note(self, number: str, variant: str, outcome: Outcome, hits: int) -> None:
        """Adds a row."""
        peak = f"{outcome.peak_bytes / 2**20:.0f}" if outcome.tools else "-"
        ready = outcome.result == READY
        code = ", ".join(outcome.caveats) if ready else outcome.result
        result = (
            f"ready ({outcome.kind})" if outcome.kind == "audio" and ready else "ready" if ready else "refused"
        )
        figures = f"{outcome.seconds:.2f}", peak, str(outcome.tools), str(hits)
        self.table.add(f"{number[0]}{int(number[1:]):02}", variant, result, code or "-", *figures)
