from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.plain_text import plain_text, visible_text


@pytest.mark.reliability("A25")
@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Path Expressions", "Path Expressions"),
        ("Zürich 東京 🎬", "Zürich 東京 🎬"),
        ("  two\n lines\t", "two lines"),
        ("<img src=x onerror=alert(1)>cat", "cat"),
        ("<b>bold</b> move", "bold move"),
        ("a<script>alert(1)</script>b", "a b"),
        ("<!-- note --><?php echo 1 ?>x", "x"),
        ("<scr<b></b>ipt>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)", "< img src=x onerror=alert(1)"),
        ("for i<n do", "for i< n do"),
        ("bell\x07 and \u202eright-to-left", "bell and right-to-left"),
        ("\x00\u200b", ""),
    ],
)
def test_markup_and_invisible_characters_go(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_a_long_text_is_cut() -> None:
    assert plain_text("word " * 1000, max_chars=9) == "word word"


@pytest.mark.reliability("A25")
@given(st.text(alphabet="<>/!?ab \"'=\x00\n\u202escript", max_size=60) | st.text(max_size=60))
def test_whatever_comes_in_no_parser_sees_an_element(text: str) -> None:
    plain = plain_text(text)
    assert not re.search(r"<[a-zA-Z/!?]", plain)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in plain)
    assert plain_text(plain) == plain


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("then f(<old>{$x/title}</old>)", "then f(<old>{$x/title}</old>)"),
        ("List<String> names;\n\tif (a<b)", "List<String> names; if (a<b)"),
        ("<b>\x07\u202e\u200b bold", "<b> bold"),
        ("\x00\u200b", ""),
    ],
)
def test_what_can_be_seen_stays_as_it_is(text: str, visible: str) -> None:
    assert visible_text(text) == visible
    assert visible_text("word " * 1000, max_chars=9) == "word word"
