"""Files that were cut off and files with holes: nothing gets shorter, or looks otherwise, without a word."""

from __future__ import annotations

import pytest

from tests.media.hostile.damage import CONTAINERS, DAMAGED, cut, damaged, whole
from tests.media.hostile.range import Range


@pytest.mark.reliability("A23")
@pytest.mark.parametrize("share", [0.1, 0.66, 0.98])
@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_gets_shorter_unnoticed(targets: Range, name: str, share: float) -> None:
    """Whole within a hundredth, or refused, or ready with a caveat where no header says how long it should be."""
    source = whole(targets.kit, name, CONTAINERS[name])
    outcome = targets.worker.upload(cut(targets.kit, source, share), f"ann/cut-{share}/{name}")
    targets.note("A23", f"{name} cut at {share:.0%}", outcome, 0)
    assert not outcome.result.startswith("put off"), (outcome.result, outcome.logs)
    if outcome.result == "ready" and not outcome.caveats:
        assert outcome.duration_s > 2.0 * 0.99


@pytest.mark.reliability("A24")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_never_silent(targets: Range, name: str, seed: int) -> None:
    """A hole of a kilobyte: refused, or said; where nothing is said, every picture and sound is as it was."""
    source = whole(targets.kit, name, DAMAGED[name])
    if name not in targets.clean:
        targets.clean[name] = targets.worker.upload(source, f"ann/clean/{name}")
    clean = targets.clean[name]
    outcome = targets.worker.upload(damaged(targets.kit, source, seed, 1024), f"ann/damaged-{seed}/{name}")
    targets.note("A24", f"1 kB of {name} damaged, {seed}", outcome, 0)
    assert clean.result == "ready"
    assert not clean.caveats, clean.logs
    assert not outcome.result.startswith("put off"), (outcome.result, outcome.logs)
    if outcome.result == "ready" and not outcome.caveats:
        assert targets.media(outcome) == targets.media(clean)
        assert outcome.frames == clean.frames
