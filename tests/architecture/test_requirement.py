"""What is missing is skipped on a laptop, and fails where all must run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import requirement
from tests.requirement import missing

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("required", "ending"),
    [("1", pytest.fail.Exception), ("0", pytest.skip.Exception), (None, pytest.skip.Exception)],
)
def test_it_skips_unless_all_is_required(
    required: str | None, ending: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    if required is not None:
        monkeypatch.setenv("REQUIRE_ALL", required)
    with pytest.raises(ending, match="nothing here"):
        missing("nothing here")


def test_nobody_else_decides_it() -> None:
    deciding = [path for path in TESTS.rglob("*.py") if 'environ.get("REQUIRE_ALL")' in path.read_text()]
    assert set(deciding) - {Path(__file__)} == {Path(requirement.__file__)}
