"""Cursors come back as they were given out or not at all."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.cursor import decode_cursor, encode_cursor


@given(st.text(), st.text())
def test_a_position_comes_back(scope: str, position: str) -> None:
    assert decode_cursor(scope, encode_cursor(scope, position), str) == position


@pytest.mark.reliability("A33")
@given(st.text(), st.text(), st.text())
def test_a_cursor_of_another_listing_is_refused(scope: str, other: str, position: str) -> None:
    assume(scope != other)

    with pytest.raises(ValueError, match="cursor"):
        decode_cursor(other, encode_cursor(scope, position), str)


@pytest.mark.reliability("A33")
@given(st.text() | st.text("ABCDabcd0123-_="))
def test_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        decode_cursor("scope", cursor, str)
