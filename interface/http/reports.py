"""Schemas and routes of reports: figures that packs define."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields

from application.reports.packs import ReportAsked
from domain.aggregate import UNIT_LIMIT
from interface.http.answers import json
from interface.http.auth import actor, reader
from interface.http.resource import Resource
from interface.http.schemas import EARLIEST, LATEST, ReadQuery, Text
from interface.http.services import services

resource = Resource("reports", "/v1/reports", "Reports (报表)")

_NAMED: dict[str, Any] = {
    "pack": fields.String(required=True),
    "version": fields.Integer(required=True),
    "report": fields.String(required=True),
    "title": fields.String(required=True),
    "rule": fields.String(required=True, allow_none=True),
}

ReportNameSchema = Schema.from_dict(_NAMED, name="ReportName")
ReportNamesSchema = Schema.from_dict(
    {"items": fields.List(fields.Nested(ReportNameSchema), required=True)}, name="ReportNames"
)


class FigureSchema(Schema):
    """`value`: a count, or a text like "79.2"; null where there is nothing to divide by."""

    value = fields.Raw(required=True, allow_none=True)
    numerator = fields.Integer()
    denominator = fields.Integer()
    tickets = fields.List(
        fields.UUID(), required=True, metadata={"description": "Those behind it, 1000 at most"}
    )


_FIGURES = fields.Dict(keys=fields.String(), values=fields.Nested(FigureSchema), required=True)


class ReportGroupSchema(Schema):
    by = fields.Dict(keys=fields.String(), required=True)
    rows = fields.Integer(required=True)
    measures = _FIGURES


class AimSchema(Schema):
    measure = fields.String(required=True)
    required = fields.String(required=True)
    met = fields.Boolean(required=True, allow_none=True)


ReportSchema = Schema.from_dict(
    {
        **_NAMED,
        "from": fields.Date(required=True),
        "to": fields.Date(required=True),
        "unit": fields.String(required=True, allow_none=True),
        "definition": fields.Dict(required=True),
        "rows": fields.Integer(required=True),
        "measures": _FIGURES,
        "groups": fields.List(fields.Nested(ReportGroupSchema), required=True),
        "list": fields.List(fields.Dict(keys=fields.String()), required=True),
        "target": fields.Nested(AimSchema, required=True, allow_none=True),
        "trend": fields.Dict(keys=fields.String(), required=True, allow_none=True),
    },
    name="Report",
)


def _must_be_holdable(day: date) -> None:
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValidationError(f"must lie between {EARLIEST.year} and {LATEST.year}")


class ReportQuery(ReadQuery):
    from_ = fields.Date(
        data_key="from",
        validate=_must_be_holdable,
        metadata={"description": "The first day; without: that of this month"},
    )
    to = fields.Date(
        validate=_must_be_holdable,
        metadata={"description": "The day behind the last; without: the first of next month"},
    )
    unit = Text(UNIT_LIMIT, metadata={"description": "Of tickets opened there only"})


@resource.get("", ReportNamesSchema)
def list_reports(query: dict[str, Any]) -> Response:
    """The reports of all packs in force, with the rules that they carry out."""
    reader()
    return json({"items": services().reports.all(services().now())})


@resource.get("/<string:pack>/<string:report>", ReportSchema, ReportQuery)
def show_report(query: dict[str, Any], pack: str, report: str) -> Response:
    """The figures of a period, each with the tickets behind it."""
    reader()
    now = services().now()
    first, behind = services().reports.this_month(now)
    asked = ReportAsked(
        pack=pack,
        report=report,
        from_=query.get("from_", first),
        to=query.get("to", behind),
        now=now,
        unit=query.get("unit"),
        reader_id=actor().staff_id,
    )
    return json(services().reports.report(asked))
