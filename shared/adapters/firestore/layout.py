"""How videos and documents lie in Firestore, which queries that serves, and what it costs.

``videos/{video_id}``: one video; of an erased one nothing but ``videos/{erased_id}``, which names nobody.
    ``document``: the aggregate with its lease, as a map. All that counts is in here; what follows repeats it for
    queries, each field for one. ``change_id``: of the last commit, by which that is recognised when its answer got
    lost. ``owner``, ``status``. ``listed_at``: when it was created; null once it is deleted. ``idle_since``: the
    later of its last move and the end of its lease; null while it is uploaded and once it is finished.
    ``lease_expires_at``: null when nobody holds a lease. ``unswept_since``: when it was finished; null before, and
    once it is swept. ``labels``: those of the tags that count. ``labels_by_key``: whence ``labels`` is made anew
    when a result set goes. ``updated_at``. ``changed_at``: when it was written last, by Firestore's clock.
    ``used_by``: the owner; null once it is deleted. What is summed up by that: ``unfinished`` (0 or 1),
    ``source_bytes``, ``media_s``, ``model_usd``.

``videos/{video_id}/attempts/{token}.{part}``: a line of the timeline.
    ``body``: JSON. ``parts``: how many documents it takes; one, unless very many tools were run.

``videos/{video_id}/records/{key}.{kind}.{number}``: records of one kind in one result set, many to a document.
    ``key``, ``kind``. ``body``: a part of the set's lines of JSON. Search entries also have ``owner`` and
    ``words``, the beginnings of the words in the body's lines, which are whole, and what words spelt alike have in
    common. Embeddings have a document each, with ``owner``, ``model`` and ``vector``, which is not in the body.

``outbox/{event_id}``: an event that is not yet published.
    ``video_id``. ``committed_at``: by Firestore's clock. ``body``: JSON.

``documents/{kind}:{id}``: what owners have besides videos.
    ``kind``, ``id``, ``owner``. ``about``: the video it is about, or null. ``due_at``: or null. ``expires_at``:
    the same for what nothing is done with then, or null; Firestore removes it within a day, where sweep has not.
    ``body``: JSON. ``change_id``: as a video's.

Queries, as VideoRepository and DocumentStore name them:

- ``update``, ``get``: the video by its id. ``update`` commits on condition that the video was not written since;
  where there is none, it looks for what is remembered of it.
- ``list_videos``: videos by ``listed_at`` descending or ascending, or by ``updated_at`` descending, of an
  ``owner``, a ``status``, both or neither, in a range of ``listed_at`` or all.
- ``counts``: a count of videos of an ``owner`` with a ``status``, once for each status; a read for every 1,000.
- ``usage``: sums over videos by ``used_by``; a read for every 1,000 of them.
- ``changed``: videos of an ``owner`` by ``changed_at``. Whoever follows an owner's videos by the second pays a
  read for each look that finds nothing: 0.05 USD a day for one that never stops.
- ``records``: records of a video by ``kind`` and ``key`` among those that the video names.
- ``attempts``: all of a video.
- ``search``: records of all videos, of an ``owner`` or not, whose ``words`` contain the beginning of the query's
  longest word. The other words are looked for in the bodies of 200 documents, then, until enough places are
  found, of 200 more, up to 1,000; a short video has one such document, a very long one some thirty. If nothing is
  found, once more those whose ``words`` contain any of what the longest word has in common with words like it.
- ``nearest``: records of all videos, of an ``owner`` or not, of one ``model``, by ``vector``. Four times as many
  as asked for; if too many of them no longer count, 1,000.
- ``related``: videos of an ``owner`` whose ``labels`` contain any of 30, the newest 300; as often as it takes.
- ``outbox``: events by ``committed_at``, of a ``video_id`` or not.
- ``stalled``, ``leased``, ``unswept``: videos by ``idle_since``, ``lease_expires_at``, ``unswept_since``.
- ``owned``, ``due``, ``delete_about``: documents of a ``kind`` and ``owner`` by ``id``, of a ``kind`` by
  ``due_at``, and of an ``about``.
- ``prune``: records of a video by ``key`` not among those that the video names; its attempts.

What search() and nearest() find counts only if the video, which they read next, names its key. The indexes are in
infra/gcp/firestore.indexes.json; a test compares them with the queries, and no other field is indexed.

A four-hour video with 2,400 shots, 14,000 findings, 14,000 search entries, 400 tags and 500 embeddings, as
tests/contract/test_firestore_limits.py prints it; at the US multi-region's list price of November 2026
(0.18, 0.06 and 0.02 USD for 100,000 writes, reads and deletes):

==========================================  =====================
largest document                            256 KiB of 1,024
the video's own document                    10 KiB
most index entries of a document            2,952 of 40,000
largest commit                              2.9 MiB of 10
heaviest commit, with its index entries     3.5 MiB of 10
most writes in a commit                     179 of 500
documents                                   590, 16.7 MiB
writes, reads, deletes, upload to swept     606, 85, 6
cost of those                               0.0011 USD
an hour of work: 360 heartbeats             0.0009 USD
==========================================  =====================

Each heartbeat writes the video's own document, and an entry at the end of three indexes whose values only grow:
those of ``lease_expires_at``, ``idle_since`` and ``changed_at``. Such an index takes 500 writes a second, whatever
is paid. Hence heartbeats are 10 s apart in infra/gcp, and in the table.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ATTEMPTS", "DOCUMENTS", "OUTBOX", "RECORDS", "VIDEOS"]

VIDEOS: Final = "videos"
ATTEMPTS: Final = "attempts"
RECORDS: Final = "records"
OUTBOX: Final = "outbox"
DOCUMENTS: Final = "documents"
