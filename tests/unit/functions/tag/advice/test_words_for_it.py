"""Titles, descriptions and hashtags: what to call a video, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.tag.advice.descriptions import descriptions
from functions.tag.advice.hashtags import hashtags
from functions.tag.advice.known import Known
from functions.tag.advice.nameless import names_nothing
from functions.tag.advice.titles import titles
from shared.domain.records import Finding, Recommendation, Tag
from shared.testing.videos import media_info
from tests.unit.functions.tag.found import evidence, tag, text, told, words


def found(
    make: Callable[[Known], Iterator[Recommendation]], *findings: Finding, tags: Sequence[Tag] = ()
) -> list[str]:
    media = media_info(duration_s=60.0)
    chosen = list(make(Known(media=media, segments=[], findings=findings, tags=tags, name="final_cut")))
    assert all(one.reason and 0 < one.score <= 1 for one in chosen)
    return [one.value for one in chosen]


HEADING = text("Over the Alps", start_s=2.0, end_s=5.0, box=(0.1, 0.1, 0.5, 0.09))
MODELS = told("label", "train")


@pytest.mark.parametrize(
    "text",
    [
        "Untitled",
        "Title",
        "Video 1",
        "IMG_2034",
        "holiday.mp4",
        "12:30",
        "Click to add title",
        "PXL_20231104_1",
        "-",
        "final_cut",
    ],
)
def test_what_programs_and_templates_write_names_nothing(text: str) -> None:
    assert names_nothing(text, "final_cut")


@pytest.mark.parametrize("text", ["Over the Alps", "Video compression", "The title fight of 1974", "XPath 2.0"])
def test_what_somebody_wrote_names_something(text: str) -> None:
    assert not names_nothing(text, "over_the_alps")
    assert not names_nothing(text, text), "a file may be called as its video is"


class TestTitles:
    def test_a_models_comes_first_then_what_stands_at_the_beginning(self) -> None:
        suggested = told("suggested_title", "Winter trains")
        assert found(titles, HEADING, suggested) == ["Winter trains", "Over the Alps"]

    def test_the_end_of_a_video_does_not_name_it(self) -> None:
        late = text("Thanks for watching all this", start_s=50.0, end_s=55.0, box=(0.1, 0.1, 0.5, 0.2))
        assert found(titles, late) == []
        assert found(titles, late, tags=[tag("alps"), tag("trains"), tag("dark", kind="style")]) == [
            "Alps, trains"
        ]

    def test_of_letters_of_one_size_the_first_count_whether_they_reach_below_the_line_or_not(self) -> None:
        def shown(value: str, start_s: float, height: float, length_s: float = 4.0) -> Finding:
            return text(value, start_s=start_s, end_s=start_s + length_s, box=(0.1, 0.1, 0.5, height))

        hiking = shown("Mountain Hiking", 4.0, 0.125)
        assert found(titles, hiking, shown("Sunrise at the Harbor", 0.0, 0.099)) == ["Sunrise at the Harbor"]
        assert found(titles, hiking, shown("sea or snow", 0.0, 0.085)) == ["sea or snow"]
        assert found(titles, hiking, shown("Sunrise at the Harbor", 0.0, 0.08)) == ["Mountain Hiking"]
        assert found(titles, hiking, shown("Sunrise at the Harbor", 0.0, 0.3, 1.4)) == ["Mountain Hiking"], "gone"
        assert found(titles, shown("Sunrise at the Harbor", 0.0, 0.1, 1.4)) == ["Sunrise at the Harbor"], (
            "no other"
        )

    def test_a_heading_of_two_lines_is_one(self) -> None:
        first = text("Saturday Farmers", end_s=5.0, box=(0.1, 0.1, 0.5, 0.1))
        second = text("Market and Honey", end_s=5.2, box=(0.1, 0.24, 0.5, 0.1))
        assert found(titles, first, second) == ["Saturday Farmers Market and Honey"]
        assert found(descriptions, first, second) == ["On screen: “Saturday Farmers Market and Honey”."]

    @pytest.mark.parametrize(
        "changed",
        [
            {"value": "Market and Honey for everybody who comes in time"},
            {"value": "• Market and Honey"},
            {"end_s": 8.0},
            {"start_s": 2.0},
            {"box": (0.1, 0.24, 0.5, 0.07)},
            {"box": (0.1, 0.4, 0.5, 0.1)},
            {"box": (0.4, 0.24, 0.5, 0.1)},
        ],
        ids=["too long", "an item", "stays", "comes later", "smaller", "further down", "elsewhere"],
    )
    def test_what_only_stands_below_a_heading_is_no_part_of_it(self, changed: dict[str, Any]) -> None:
        first = text("Saturday Farmers", end_s=5.0, box=(0.1, 0.1, 0.5, 0.1))
        second = text("Market and Honey", end_s=5.0, box=(0.1, 0.24, 0.5, 0.1))
        assert found(titles, first, replace(second, **changed)) == ["Saturday Farmers"]
        third = replace(second, value="Cheese", box=(0.1, 0.38, 0.3, 0.08))
        assert found(titles, first, second, third) == ["Saturday Farmers"], "three are a list"

    def test_topics_are_named_as_many_as_there_are(self) -> None:
        tags = [tag(label) for label in ("blender foundation", "blender", "sintel")]
        known = Known(media=media_info(duration_s=60.0), segments=[], findings=[], tags=tags)
        (title,) = titles(known)
        assert title.value == "Blender foundation, sintel"
        assert title.reason == "the two topics that were read or heard most surely"
        (alone,) = titles(replace(known, tags=tags[2:]))
        assert alone.reason == "the topic that was read or heard most surely"

    def test_topics_are_written_as_they_stand_in_the_picture(self) -> None:
        quotes = {
            "xpath": "XQuery includes XPath",
            "blender foundation": "THE BLENDER FOUNDATION",
            "go": "Gogh and Go!",
        }
        tags = [tag(label, evidence=(evidence(quote=quote),)) for label, quote in quotes.items()]
        assert found(titles, tags=tags) == ["XPath, Blender Foundation, Go"]
        said = evidence(modality="speech", quote="over the ALPS we go")
        assert found(titles, tags=[tag("alps", evidence=(said,))]) == ["Alps"]
        assert found(descriptions, tags=tags) == ["About XPath, Blender Foundation and Go."]

    def test_placeholders_and_what_only_a_model_says_are_no_titles(self) -> None:
        hearsay = tag("lottery", evidence=(evidence(prompt_version="window.v1"),))
        placeholder = text("TITLE", box=(0.1, 0.1, 0.5, 0.2))
        assert found(titles, placeholder, told("suggested_title", "Untitled"), tags=[hearsay, tag("title")]) == []


class TestDescriptions:
    def test_a_models_summary_is_taken(self) -> None:
        assert found(descriptions, HEADING, told("summary", "Trains in the snow.")) == ["Trains in the snow."]

    def test_it_quotes_and_adds_nothing(self) -> None:
        clear = words("the train climbs slowly over the mountain pass", start_s=3.0, end_s=6.0)
        mumbled = words("whatever nobody ever understood before lunch", confidence=0.3, start_s=9.0, end_s=12.0)
        small = text("small print, terms and conditions apply", box=(0.1, 0.9, 0.5, 0.02))
        (value,) = found(descriptions, HEADING, clear, mumbled, small, tags=[tag("alps"), tag("snow")])
        assert value == (
            "About alps and snow. On screen: “Over the Alps”. "
            "Said: “the train climbs slowly over the mountain pass”."
        )

    def test_topics_stand_in_the_order_in_which_they_come_up(self) -> None:
        last, first = (tag("alps", evidence=(evidence(start_s=30.0, end_s=31.0),)), tag("snow"))
        known = Known(media=media_info(duration_s=60.0), segments=[], findings=[], tags=[last, first])
        (told,) = descriptions(known)
        assert told.value == "About snow and alps."
        assert told.reason == "two topics, in the order in which they come up"

    def test_it_says_what_it_is_made_of(self) -> None:
        known = Known(media=media_info(duration_s=60.0), segments=[], findings=[HEADING], tags=[tag("alps")])
        (told,) = descriptions(known)
        assert told.reason == "one topic and one line on screen, in the order in which they come up"
        (alone,) = descriptions(replace(known, tags=[]))
        assert alone.reason == "one line on screen"

    def test_quotes_end_as_they_do_and_have_no_dots_of_lists(self) -> None:
        lines = text("Shortened sequences.", box=HEADING.box), text("• Every first Sunday", start_s=3.0, end_s=6.0)
        assert found(descriptions, *lines) == ["On screen: “Shortened sequences.”, “Every first Sunday”."]
        assert found(descriptions, lines[0]) == ["On screen: “Shortened sequences.”"]

    def test_persons_are_mentioned_and_no_topic(self) -> None:
        credit = evidence(quote="Film By Anna Berger", start_s=3.0, end_s=5.0)
        tags = [tag("anna berger", kind="person-mentioned", evidence=(credit,)), tag("harbour")]
        assert found(descriptions, tags=tags) == ["About harbour. Mentions Anna Berger."]
        assert found(descriptions, tags=tags[:1]) == ["Mentions Anna Berger."]

    def test_addresses_are_not_repeated(self) -> None:
        link = text("visit https://evil.example now", box=(0.1, 0.1, 0.5, 0.2))
        assert found(descriptions, link, text("me@evil.example", box=(0.1, 0.1, 0.5, 0.2))) == []

    @pytest.mark.parametrize(
        "code", ["then f(<old>{$x/title}</old>)", "if (year == 1980)", "names => sequence", "<b>Go"]
    )
    def test_code_is_no_heading(self, code: str) -> None:
        assert found(descriptions, text(code, box=(0.1, 0.1, 0.5, 0.2))) == []

    def test_nothing_seen_nothing_said(self) -> None:
        assert found(descriptions) == []


class TestHashtags:
    def test_they_are_made_of_tags_that_something_shows(self) -> None:
        tags = [
            tag("deep snow", confidence=0.9),
            tag("deep-snow", kind="text", confidence=0.95),
            tag("travel / rail & sea", kind="category", confidence=0.7),
            tag("deep snow", kind="object", confidence=0.8),
            tag("dark", kind="style", confidence=0.9),
            tag("unsure", confidence=0.3),
            tag("lottery", confidence=0.9, evidence=(evidence(prompt_version="window.v1"),)),
            tag("untitled", confidence=0.9),
            tag("2026", confidence=0.9),
        ]
        assert found(hashtags, tags=tags) == ["#deepsnow", "#rail"]

    @pytest.mark.parametrize(
        ("category", "hashtag"),
        [
            ("travel / travel type", "#travel"),
            ("genres / animation & anime", "#animation"),
            ("technology & computing / consumer electronics", "#consumerelectronics"),
            ("automotive / auto type", "#automotive"),
            ("video gaming / video game genres", "#videogaming"),
            ("shopping / sales and promotions", "#sales"),
            ("food & drink / desserts and baking", "#desserts"),
            ("genres / special interest (indie/art house)", "#specialinterest"),
            ("entertainment / blues", "#blues"),
            ("fine art / fine art photography", "#fineartphotography"),
            ("style & fashion / women's fashion", "#womensfashion"),
            ("crime", "#crime"),
        ],
    )
    def test_a_category_is_put_as_people_would(self, category: str, hashtag: str) -> None:
        assert found(hashtags, tags=[tag(category, kind="category")]) == [hashtag]

    def test_who_says_so_is_not_quoted(self) -> None:
        own = evidence(producer="person", quote="added by a person", modality="picture")
        added = Known(media=media_info(), segments=[], findings=[], tags=[tag("sailing", evidence=(own,))])
        assert [one.reason for one in hashtags(added)] == ["topic “sailing”, added by a person"]

    def test_there_are_not_many_and_each_says_where_it_comes_from(self) -> None:
        tags = [tag(f"topic {'abcdefghijkl'[n]}", confidence=0.9) for n in range(12)]
        chosen = list(hashtags(Known(media=media_info(), segments=[], findings=[], tags=tags)))
        assert len(chosen) == 8
        assert chosen[0].reason == "topic “topic a”: “a quote” at 0:00"

    @pytest.mark.parametrize(
        ("label", "hashtag"),
        [
            ("हिन्दी", "#हिन्दी"),
            ("ไทยแลนด์", "#ไทยแลนด์"),
            ("e\u0301te\u0301", "#été"),
            ("東京 タワー", "#東京タワー"),
            ("مرحبا بالعالم", "#مرحبابالعالم"),
            ("café ☕\ufe0f", "#café"),
        ],
    )
    def test_words_of_any_script_stay_words(self, label: str, hashtag: str) -> None:
        assert found(hashtags, tags=[tag(label)]) == [hashtag]

    def test_signs_alone_are_no_hashtag(self) -> None:
        assert found(hashtags, tags=[tag("🎉️🎉️")]) == []

    def test_no_tags_no_hashtags(self) -> None:
        assert found(hashtags, HEADING) == []
