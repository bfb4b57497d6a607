from __future__ import annotations

import pytest

from functions.tag.placeholders import is_placeholder


@pytest.mark.parametrize(
    "line",
    [
        "TITLE",
        "[Title]",
        "Subtitle 2",
        "Untitled",
        "Untitled project 3",
        "Lorem ipsum dolor",
        "Consectetur dolor sit amet, adipiscing",
        "Titel der Veranstaltung",
        "Title of the presentation",
        "Presentation title",
        "Click to add title",
        "Insert your logo here",
        "YOUR TEXT HERE",
        "Sample text",
        "Folie Nummer 1",
        "Folie nummer drei",
        "Slide 3 of 12",
        "Page 7",
        "Thank you for watching!",
        "Thanks",
        "Vielen Dank für Ihre Aufmerksamkeit",
        "Danke fürs Zuschauen",
        "Merci de votre attention",
        "See you next time!",
        "Please subscribe to the channel",
        "xxxx",
    ],
)
def test_what_nobody_filled_in(line: str) -> None:
    assert is_placeholder(line)


@pytest.mark.parametrize(
    "line",
    [
        "Title fight tonight",
        "Thank you for the music",
        "Thanks to our sponsors",
        "Mercy",
        "The untitled painting of 1912",
        "Page Turner",
        "Event horizon",
        "Your name is Anna",
        "Add water",
        "Second level of the tower",
        "The Presentation",
        "Headlines of the day",
        "Text mining",
        "Slide guitar",
        "Todos los días",
    ],
)
def test_what_says_something(line: str) -> None:
    assert not is_placeholder(line)
