"""Search over text, speech, tags, titles and descriptions: by words, or by meaning where that is set up."""

from __future__ import annotations

from typing import Literal

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from functions.api.access import VideoAccess
from functions.api.responses import PROBLEM_RESPONSES, json_response, problem_response
from functions.api.schemas import SearchHitView, SearchResults

__all__ = ["search_routes"]


class SearchQuery(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=500, description="What to look for; any text.")
    by: Literal["words", "meaning"] = Field(
        "words",
        description="words: all of them must be there; meaning: places that mean the like come first.",
    )
    owner: str | None = Field(None, description="Only in this owner's videos.")
    limit: int = Field(20, ge=1, le=100, description="Most places in one answer.")


def search_routes(access: VideoAccess) -> APIBlueprint:
    """Returns the search route."""
    routes = APIBlueprint("search", __name__, url_prefix="/v1/search", abp_responses=PROBLEM_RESPONSES)

    @routes.get("", responses={200: SearchResults})
    def search(query: SearchQuery) -> Response:
        """Finds the places in videos that hold all words of a query, or that mean the like."""
        if query.by == "meaning" and not access.searchable_by_meaning:
            return problem_response(
                400,
                "no_search_by_meaning",
                "Nothing here is searchable by meaning; search by words, or set AUTOMATIONS_EMBEDDER and replay "
                "the videos from tag.",
            )
        find = access.nearest if query.by == "meaning" else access.search
        hits = find(query.q, query.owner, query.limit)
        return json_response(SearchResults(hits=tuple(SearchHitView.model_validate(hit) for hit in hits)))

    return routes
