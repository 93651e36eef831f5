"""Schemas and routes of clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, ValidationError, fields

from application.clients import (
    AddContactPoint,
    ChangeClientDetails,
    GiveConsent,
    MergeClient,
    RegisterClient,
    RemoveContactPoint,
    SetTrait,
    UnmergeClient,
    WithdrawConsent,
)
from application.views.client_file import ClientRow
from domain.aggregate import UNIT_LIMIT
from domain.client import CONTACT_KINDS, DETAILS
from domain.errors import NotFound
from interface.http.answers import answered, created, json, page, versioned
from interface.http.auth import command, reader
from interface.http.privacy import PURPOSE_HEADER, looker
from interface.http.resource import Resource
from interface.http.schemas import (
    CommandBody,
    PageQuery,
    Text,
    aware_time,
    page_of,
    shown,
)
from interface.http.services import services

resource = Resource("clients", "/v1/clients", "Clients")

ClientPageSchema = page_of(shown(ClientRow, "Client"))
FileSchema = shown(ClientRow, "ClientFile", merged_ids=fields.List(fields.UUID()))


class RegisterClientBody(CommandBody):
    client_id = fields.UUID()
    name = Text(200, required=True)
    kind = Text(40)
    territory = Text(UNIT_LIMIT, metadata={"description": "The unit in whose area they lie"})


@resource.post("", RegisterClientBody, status=201)
def register_client(body: dict[str, Any]) -> Response:
    """Open a client's file."""
    receipt = services().clients.register(command(RegisterClient, body))
    return created(receipt, "clients.show_client", client_id=receipt.stream_id)


class ClientQuery(PageQuery):
    registered_from = aware_time("Registered at this time or later")
    registered_to = aware_time("Registered before this time")


@resource.get("", ClientPageSchema, ClientQuery)
def list_clients(query: dict[str, Any]) -> Response:
    """Clients, newest first; those of a day are the agenda of its evening meeting (MG-08).

    What is labelled is masked for everybody.
    """
    reader()
    file, accesses, now = services().client_file, services().accesses, services().now()
    when = {"since": query.get("registered_from"), "until": query.get("registered_to")}
    return page(
        query,
        lambda before, limit: accesses.listed(file.page(before=before, limit=limit, **when), now),
        lambda row: row.registered_position,
    )


@resource.get("/<uuid:client_id>", FileSchema, headers=PURPOSE_HEADER)
def show_client(query: dict[str, Any], client_id: UUID) -> Response:
    """The client's file; their tickets are at /v1/tickets?client_id=…

    What is labelled is masked, or shown in full and put on record.
    """
    who, row = looker(), _on_file(client_id)
    merged = services().client_file.merged_into(client_id)
    return versioned(services().accesses.client(row, who), merged_ids=merged)


FieldSchema = Schema.from_dict(
    {"field": fields.String(required=True), "value": fields.String(allow_none=True)},
    name="ClientField",
)


@resource.get("/<uuid:client_id>/fields/<string:field>", FieldSchema, headers=PURPOSE_HEADER)
def show_field(query: dict[str, Any], client_id: UUID, field: str) -> Response:
    """One detail, or one contact point by its id, in full or not at all; both are on record."""
    who, row = looker(), _on_file(client_id)
    return json({"field": field, "value": services().accesses.client_field(row, field, who)})


def _on_file(client_id: UUID) -> ClientRow:
    row = services().client_file.client(client_id)
    if row is None:
        raise NotFound(f"no client {client_id}", field="client_id")
    return row


DetailsSchema = Schema.from_dict({name: Text(200) for name in sorted(DETAILS)}, name="Details")


class DetailsBody(CommandBody):
    details = fields.Nested(DetailsSchema, required=True)


@resource.post("/<uuid:client_id>/details", DetailsBody)
def change_details(body: dict[str, Any], client_id: UUID) -> Response:
    """Change what is known of the client."""
    return answered(
        services().clients.change_details(command(ChangeClientDetails, body, client_id=client_id))
    )


class ContactBody(CommandBody):
    kind = Text(
        40, required=True, metadata={"description": f"One of {', '.join(sorted(CONTACT_KINDS))}"}
    )
    value = Text(400, required=True)


@resource.post("/<uuid:client_id>/contact-points", ContactBody)
def add_contact_point(body: dict[str, Any], client_id: UUID) -> Response:
    """Add a way to reach the client."""
    return answered(
        services().clients.add_contact_point(command(AddContactPoint, body, client_id=client_id))
    )


@resource.post("/<uuid:client_id>/contact-points/<string:contact_id>/removal", CommandBody)
def remove_contact_point(body: dict[str, Any], client_id: UUID, contact_id: str) -> Response:
    """Take a way to reach the client off the file; that it was there stays in the history."""
    removal = command(RemoveContactPoint, body, client_id=client_id, contact_id=contact_id)
    return answered(services().clients.remove_contact_point(removal))


def _must_be_trait(value: Any) -> None:
    if type(value) not in (str, int, bool):
        raise ValidationError("must be a text, a whole number, or true or false")


class TraitBody(CommandBody):
    name = Text(40, required=True)
    value = fields.Raw(
        required=True,
        validate=_must_be_trait,
        metadata={"description": "A text, a whole number, or true or false"},
    )


@resource.post("/<uuid:client_id>/traits", TraitBody)
def set_trait(body: dict[str, Any], client_id: UUID) -> Response:
    """Say of what kind the client is (region, tier, remote), in clear: nothing about a person."""
    return answered(services().clients.set_trait(command(SetTrait, body, client_id=client_id)))


class ConsentBody(CommandBody):
    purpose = Text(200, required=True)


@resource.post("/<uuid:client_id>/consents", ConsentBody)
def give_consent(body: dict[str, Any], client_id: UUID) -> Response:
    """Note that the client consents to a purpose of the list."""
    return answered(
        services().clients.give_consent(command(GiveConsent, body, client_id=client_id))
    )


@resource.post("/<uuid:client_id>/consents/withdrawal", ConsentBody)
def withdraw_consent(body: dict[str, Any], client_id: UUID) -> Response:
    """Note that the client takes it back; it holds from that moment."""
    withdrawal = command(WithdrawConsent, body, client_id=client_id)
    return answered(services().clients.withdraw_consent(withdrawal))


class MergeBody(CommandBody):
    into_id = fields.UUID(required=True)


@resource.post("/<uuid:client_id>/merge", MergeBody)
def merge_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Say that this file and another are the same client's; this one follows from now on."""
    return answered(services().clients.merge(command(MergeClient, body, client_id=client_id)))


@resource.post("/<uuid:client_id>/unmerge", CommandBody)
def unmerge_client(body: dict[str, Any], client_id: UUID) -> Response:
    """Take that back."""
    return answered(services().clients.unmerge(command(UnmergeClient, body, client_id=client_id)))
