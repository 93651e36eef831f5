"""The ticket file: everything about one ticket on one page, put together from its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from application.views.ticket_history import HistoryRow
from domain.ticket import Visibility

_FOLDERS = {
    "ticket.noted": "notes",
    "ticket.transfer-offered": "transfers",
    "ticket.transfer-accepted": "transfers",
    "ticket.transfer-declined": "transfers",
    "ticket.transfer-withdrawn": "transfers",
    "ticket.transfer-decided": "transfers",
    "ticket.routed": "transfers",
    "ticket.assigned-in-turn": "transfers",
    "ticket.nobody-available": "transfers",
    "ticket.escalated": "escalations",
    "ticket.instructed": "escalations",
    "ticket.step-taken": "steps",
    "ticket.answered": "answers",
    "ticket.suspended": "suspensions",
    "ticket.resumed": "suspensions",
    "ticket.completed": "results",
    "ticket.reopened": "reopenings",
    "ticket.withdrawn": "endings",
    "ticket.rejected": "endings",
    "ticket.voided": "endings",
    "ticket.archived": "endings",
    "ticket.signed": "signatures",
    "ticket.signature-refused": "signatures",
    "ticket.ticked": "ticks",
    "ticket.evidence-attached": "evidence",
    "ticket.evidence-labelled": "evidence",
    "ticket.evidence-granted": "evidence",
    "ticket.corrected": "corrections",
    "ticket.supervision-notice-issued": "supervision",
    "ticket.supervision-answered": "supervision",
    "ticket.handler-reminded": "reminders",
}
"""Where in the file an event is found; what is not named shows in the ticket itself."""


def is_filed(row: HistoryRow) -> bool:
    return row.topic in _FOLDERS


def filed(history: Sequence[HistoryRow]) -> dict[str, list[dict[str, Any]]]:
    """The folders of the file, each in the order of its events."""
    file: dict[str, list[dict[str, Any]]] = {folder: [] for folder in _FOLDERS.values()}
    for row in history:
        if is_filed(row):
            file[_FOLDERS[row.topic]].append(_entry(row))
    return file


def _entry(row: HistoryRow) -> dict[str, Any]:
    known = {
        "event": row.topic.removeprefix("ticket."),
        "version": row.version,
        "by": row.by,
        "acting_for": row.acting_for,
        "reason": row.reason,
        "occurred_at": row.occurred_at,
        "recorded_at": row.recorded_at,
        "step": row.step,
        "word": row.word,
        "done_by_id": row.done_by_id,
    }
    if _FOLDERS[row.topic] == "signatures":
        known["role"] = row.role
    return {name: value for name, value in known.items() if value is not None} | row.details


_FOR_CLIENTS = {"ticket.opened": "matter", "ticket.noted": "text", "ticket.answered": "text"}
"""What clients may read, and which text of it; everything else is the house's own."""


def for_client(history: Sequence[HistoryRow]) -> list[HistoryRow]:
    """What the client said and was told, with nothing else; of notes those that are for clients."""
    return [
        replace(row, reason=None, details={name: row.details[name]})
        for row in history
        if (name := _FOR_CLIENTS.get(row.topic)) is not None
        and row.details.get("visibility", Visibility.CLIENT) == Visibility.CLIENT
    ]


def told_to_client(history: Sequence[HistoryRow]) -> list[dict[str, Any]]:
    """The same as messages, in order."""
    return [
        {
            "event": row.topic.removeprefix("ticket."),
            "text": row.details[_FOR_CLIENTS[row.topic]],
            "occurred_at": row.occurred_at,
        }
        for row in history
    ]
