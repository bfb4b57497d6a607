"""People's judgements of tags, as examples to learn and measure by."""

from __future__ import annotations

from msgspec import Struct

from functions.api.found_shapes import LabelView
from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery
from functions.api.views import Views
from shared.domain.labels import labels_of

__all__ = ["label_routes"]


class LabelList(Struct, frozen=True):
    """The judgements of some videos; ``next_cursor`` leads to those of older ones.

    A page may be empty and still have one after it.
    """

    labels: tuple[LabelView, ...]
    next_cursor: str | None


def label_routes(views: Views) -> Routes:
    """Returns the routes of labels.

    Args:
        views: What shows them.
    """
    routes = Routes("videos")

    @routes.add("GET", "/v1/labels", allow="viewer", query=PageQuery, answers={200: LabelList})
    def list_labels(call: Call[PageQuery, Nothing]) -> Answer:
        """Lists what people say about tags: which were right, which wrong, which missing.

        Those of ``limit`` videos at a time, youngest videos first. Each has the evidence that the tag had when
        it was judged, who judged it and when.
        """
        page = call.videos.page(
            status=None,
            kind=None,
            sort="-created_at",
            created_after=None,
            created_before=None,
            limit=call.query.limit,
            cursor=call.query.cursor,
        )
        labels = tuple(views.label(label) for video in page.videos for label in labels_of(video))
        return Answer(value=LabelList(labels=labels, next_cursor=page.next_cursor))

    return routes
