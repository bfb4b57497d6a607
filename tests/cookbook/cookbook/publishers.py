import json
import os
from pathlib import Path

from shared.domain.records import Tag
from shared.processors.publisher import Announced, Publisher


class Ledger(Publisher):
    """Writes down in a file what became of videos, each thing once."""

    name = "ledger"
    version = "1"
    inputs = frozenset({"video-ready", "video-corrected"})

    def publish(self, announced: Announced) -> None:
        file = Path(os.environ["LEDGER"])
        lines = file.read_text().splitlines() if file.exists() else []
        if all(json.loads(line)["key"] != announced.key for line in lines):
            tags = [tag.label for tag in announced.records(Tag)]
            line = {"key": announced.key, "what": announced.event.type, "tags": tags}
            file.write_text("\n".join([*lines, json.dumps(line)]) + "\n")
