"""Schemas and routes of clients' files: contact persons, entries, gradings, the whole file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from flask import Response
from marshmallow import Schema, fields

from application.client_files import (
    AddContactPerson,
    ApproveGrade,
    ChangeContactPerson,
    GradeClient,
    RecordOnFile,
    RefuseGrade,
    RemoveContactPerson,
)
from application.client_pages import SECTIONS
from domain.client_records import PERSON, PERSON_LIMIT
from interface.http.answers import answered, json
from interface.http.auth import command, reader
from interface.http.privacy import PURPOSE_HEADER, looker
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReadQuery, Text, aware_time
from interface.http.services import services

resource = Resource("client_files", "/v1/clients", "Clients' files (客户档案)")

PersonSchema = Schema.from_dict(
    {name: Text(PERSON_LIMIT) for name in sorted(PERSON)}, name="Person"
)


class PersonBody(CommandBody):
    person = fields.Nested(PersonSchema, required=True)


@resource.post("/<uuid:client_id>/contact-persons", PersonBody)
def add_person(body: dict[str, Any], client_id: UUID) -> Response:
    """Add somebody to speak with at the client (联系人)."""
    added = command(AddContactPerson, body, client_id=client_id)
    return answered(services().client_files.add_person(added))


@resource.post("/<uuid:client_id>/contact-persons/<string:person_id>", PersonBody)
def change_person(body: dict[str, Any], client_id: UUID, person_id: str) -> Response:
    """Change what is known of a contact person."""
    changed = command(ChangeContactPerson, body, client_id=client_id, person_id=person_id)
    return answered(services().client_files.change_person(changed))


@resource.post("/<uuid:client_id>/contact-persons/<string:person_id>/removal", CommandBody)
def remove_person(body: dict[str, Any], client_id: UUID, person_id: str) -> Response:
    """Take a contact person off the file; that they were there stays in the history."""
    removed = command(RemoveContactPerson, body, client_id=client_id, person_id=person_id)
    return answered(services().client_files.remove_person(removed))


_FORM_DOC: dict[str, Any] = {"description": "As the kind asks: GET /v1/client-forms"}


class EntryBody(CommandBody):
    form = fields.Dict(keys=fields.String(), metadata=_FORM_DOC)


@resource.post("/<uuid:client_id>/records/<string:kind>", EntryBody)
def record_on_file(body: dict[str, Any], client_id: UUID, kind: str) -> Response:
    """Make an entry on the client's file; what follows from it is opened by itself."""
    entry = command(RecordOnFile, body, client_id=client_id, entry=kind)
    return answered(services().client_files.record(entry))


class GradeBody(CommandBody):
    form = fields.Dict(keys=fields.String(), metadata=_FORM_DOC)
    grade = Text(200, metadata={"description": "A class that you name yourself, with a reason"})
    since = fields.Date(metadata={"description": "From which day on; today if not said"})


@resource.post("/<uuid:client_id>/gradings/<string:scheme>", GradeBody)
def grade_client(body: dict[str, Any], client_id: UUID, scheme: str) -> Response:
    """Find the client's class (客户分级); it waits for approval where the scheme says so."""
    graded = command(GradeClient, body, client_id=client_id, scheme=scheme)
    return answered(services().client_files.grade(graded))


@resource.post("/<uuid:client_id>/gradings/<string:scheme>/approval", CommandBody)
def approve_grade(body: dict[str, Any], client_id: UUID, scheme: str) -> Response:
    """Approve the class that somebody else proposed, from a unit of a level high enough."""
    approved = command(ApproveGrade, body, client_id=client_id, scheme=scheme)
    return answered(services().client_files.approve_grade(approved))


@resource.post("/<uuid:client_id>/gradings/<string:scheme>/refusal", CommandBody)
def refuse_grade(body: dict[str, Any], client_id: UUID, scheme: str) -> Response:
    """Refuse the class that was proposed, with a reason."""
    refused = command(RefuseGrade, body, client_id=client_id, scheme=scheme)
    return answered(services().client_files.refuse_grade(refused))


_ENTRIES = fields.List(fields.Dict(keys=fields.String()), required=True)

WholeFileSchema = Schema.from_dict(
    {
        "identity": fields.Dict(keys=fields.String(), required=True),
        **dict.fromkeys(SECTIONS, _ENTRIES),
        "entitlements": fields.Dict(keys=fields.String(), required=True),
        "balances": fields.List(
            fields.Dict(keys=fields.String()),
            required=True,
            metadata={"description": "By currency, in hundredths: what points come to, say"},
        ),
        "timeline": _ENTRIES,
    },
    name="WholeFile",
)


class FileQuery(ReadQuery):
    for_client = fields.Boolean(metadata={"description": "Only what the client is shown"})


@resource.get("/<uuid:client_id>/file", WholeFileSchema, FileQuery, headers=PURPOSE_HEADER)
def show_file(query: dict[str, Any], client_id: UUID) -> Response:
    """Everything about the client, by sections and in the order of its time.

    What is labelled is masked, or shown in full and put on record.
    """
    who, for_client = looker(), query.get("for_client", False)
    return json(services().client_pages.file(client_id, who, for_client=for_client))


GradesSchema = Schema.from_dict(
    {
        "current": fields.Dict(keys=fields.String(), required=True),
        "entitlements": fields.Dict(keys=fields.String(), required=True),
        "pending": _ENTRIES,
        "history": _ENTRIES,
    },
    name="Grades",
)


@resource.get("/<uuid:client_id>/grades", GradesSchema)
def show_grades(query: dict[str, Any], client_id: UUID) -> Response:
    """The client's classes today, what they entitle to, and every one there ever was."""
    reader()
    return json(services().client_pages.grades(client_id, services().now()))


class ChangeSchema(Schema):
    """A field of the profile, before and after."""

    position = fields.Integer(required=True)
    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)
    by = fields.String(required=True)
    acting_for = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    occurred_at = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    is_new = fields.Boolean(required=True)


_CHANGES = fields.List(fields.Nested(ChangeSchema), required=True)

ChangesSchema = Schema.from_dict({"items": _CHANGES}, name="ClientChanges")


@resource.get("/<uuid:client_id>/changes", ChangesSchema)
def show_changes(query: dict[str, Any], client_id: UUID) -> Response:
    """What was changed of the client's profile, by whom, from what to what."""
    reader()
    return json({"items": services().client_pages.changes(client_id, services().now())})


_CHANGED: dict[str, Any] = {"client_id": fields.UUID(required=True), "changes": _CHANGES}

ChangedClientsSchema = Schema.from_dict(
    {
        "items": fields.List(
            fields.Nested(Schema.from_dict(_CHANGED, name="ChangedClient")), required=True
        )
    },
    name="ChangedClients",
)


class ChangedQuery(ReadQuery):
    since = aware_time("From this instant on", required=True)
    until = aware_time("Up to this one; now if not said")
    by = Text(80, metadata={"description": "Only what they changed, like staff:<id>"})


@resource.get("/changes", ChangedClientsSchema, ChangedQuery)
def list_changed(query: dict[str, Any]) -> Response:
    """The clients whose profile changed in a period, additions marked."""
    reader()
    now = services().now()
    until: datetime = query.get("until", now)
    since, until = query["since"].astimezone(UTC), until.astimezone(UTC)
    found = services().client_pages.changed(since, until, now, by=query.get("by"))
    return json({"items": found})


_FORMS = fields.Dict(keys=fields.String(), required=True)

forms = Resource("client_forms", "/v1/client-forms", "What can be entered on clients' files")


@forms.get("", Schema.from_dict({"records": _FORMS, "gradings": _FORMS}, name="ClientForms"))
def list_forms(query: dict[str, Any]) -> Response:
    """The kinds of entries and the gradings of the packs in force, with their forms."""
    reader()
    now, book = services().now(), services().file_book
    return json(
        {
            "records": {name: _said(said) for name, said in book.kinds(now).items()},
            "gradings": {name: _said(said) for name, said in book.gradings(now).items()},
        }
    )


def _said(said: Any) -> dict[str, Any]:
    rule: dict[str, Any] = msgspec.to_builtins(said.rule)
    return {"pack": said.pack, "version": said.version, **rule}
