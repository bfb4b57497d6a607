"""Search over text, speech, tags, titles and descriptions: by words, or by meaning where that is set up."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from functions.api.found_shapes import SearchHitView
from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.views import Views

__all__ = ["search_routes"]


class SearchQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    q: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            description="What to look for: words, or their beginnings, and phrases in double quotes.",
        ),
    ]
    by: Annotated[
        Literal["words", "meaning"],
        Meta(description="words: all of them must be there; meaning: places that mean the like come first."),
    ] = "words"
    limit: Annotated[int, Meta(ge=1, le=100, description="Most places in one answer.")] = 20


class SearchResults(Struct, frozen=True):
    """Places that hold all that was asked for, or mean the like, best first.

    Where none has all words, those with words that are spelt alike.
    """

    hits: tuple[SearchHitView, ...]


def search_routes(views: Views) -> Routes:
    """Returns the search route."""
    routes = Routes("search")

    @routes.add("GET", "/v1/search", allow="viewer", query=SearchQuery, answers={200: SearchResults})
    def search(call: Call[SearchQuery, Nothing]) -> Answer:
        """Finds the places in videos that hold all words and phrases of a query, or that mean the like.

        Places with the words themselves come before those where they only begin others. Where there are neither, a
        word of five letters or more may be one letter off, and two from eight letters on.
        """
        query = call.query
        if query.by == "meaning" and not call.videos.searchable_by_meaning:
            raise Refusal(
                400,
                "no_search_by_meaning",
                "Nothing here is searchable by meaning; search by words, or set AUTOMATIONS_EMBEDDER and replay "
                "the videos from tag.",
            )
        find = call.videos.nearest if query.by == "meaning" else call.videos.search
        hits = find(query.q, query.limit)
        return Answer(value=SearchResults(hits=tuple(views.search_hit(hit, query.q) for hit in hits)))

    return routes
