"""Schemas and routes of supervision (督办, 催办): what is said by those who do not handle."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from application.promises import AnswerSupervision, IssueSupervisionNotice, RemindHandler
from domain.sealed import TEXT_LIMIT
from interface.http.answers import answered
from interface.http.auth import command
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, Text, aware_time
from interface.http.services import services
from interface.http.tickets import TextBody

resource = Resource("supervision", "/v1/tickets", "Supervision (督办)")


class NoticeBody(CommandBody):
    demand = Text(TEXT_LIMIT, required=True)
    due_at = aware_time("Until when to answer", required=True)


@resource.post("/<uuid:ticket_id>/supervision", NoticeBody)
def issue_notice(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Demand an answer of the owner (督办通知); its number is in the answer."""
    notice = command(IssueSupervisionNotice, body, ticket_id=ticket_id)
    return answered(services().tickets.issue_notice(notice))


@resource.post("/<uuid:ticket_id>/supervision/answer", TextBody)
def answer_notice(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Answer the notice, as the owner."""
    answer = command(AnswerSupervision, body, ticket_id=ticket_id)
    return answered(services().tickets.answer_notice(answer))


@resource.post("/<uuid:ticket_id>/reminder", TextBody)
def remind_handler(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Remind the owner (催办)."""
    return answered(services().tickets.remind(command(RemindHandler, body, ticket_id=ticket_id)))
