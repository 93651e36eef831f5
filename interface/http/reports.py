"""Schemas and routes of reports: figures that packs define."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate

from application.instant import AsOf, Clock
from application.permissions import role_for
from application.reports.asked import ReportAsked
from domain.aggregate import UNIT_LIMIT
from domain.period import days_of
from interface.http.answers import json
from interface.http.auth import actor, reader
from interface.http.instants import ON_CLOCK, Instant
from interface.http.resource import Resource
from interface.http.schemas import EARLIEST, LATEST, ReadQuery, Text, must_be_holdable
from interface.http.services import services
from interface.report_formats import MEDIA_TYPES, written

resource = Resource("reports", "/v1/reports", "Reports (报表)")

_NAMED: dict[str, Any] = {
    "pack": fields.String(required=True),
    "version": fields.Integer(required=True),
    "report": fields.String(required=True),
    "title": fields.String(required=True),
    "code": fields.String(
        required=True, allow_none=True, metadata={"description": "What the catalogue calls it"}
    ),
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
        fields.UUID(),
        required=True,
        metadata={"description": "Those behind it (or what else a report is over), 1000 at most"},
    )


_FIGURES = fields.Dict(keys=fields.String(), values=fields.Nested(FigureSchema), required=True)


class ReportGroupSchema(Schema):
    by = fields.Dict(keys=fields.String(), required=True)
    rows = fields.Integer(required=True)
    measures = _FIGURES


class AimSchema(Schema):
    measure = fields.String(required=True)
    required = fields.String(required=True)
    is_most = fields.Boolean(metadata={"description": "It must not be more, rather than less"})
    met = fields.Boolean(required=True, allow_none=True)


class LineageSchema(Schema):
    """A row that was looked at, and the events that it comes from."""

    ticket = fields.UUID(
        required=True,
        metadata={"description": "Or the client, entry, assessment … that a report is over"},
    )
    number = fields.String(required=True, allow_none=True)
    counts = fields.Boolean(required=True)
    why_not = fields.String(required=True, allow_none=True)
    values = fields.Dict(keys=fields.String(), required=True)
    left_out = fields.Dict(
        required=True, metadata={"description": "Measures that it is not in, and why"}
    )
    pack = fields.String(
        required=True, allow_none=True, metadata={"description": "pack@version it follows"}
    )
    calendars = fields.List(fields.String(), required=True)
    events = fields.List(fields.Dict(keys=fields.String()), required=True)


class ActualSchema(Schema):
    """The same as it was, beside a what-if."""

    rows = fields.Integer(required=True)
    measures = _FIGURES
    groups = fields.List(fields.Nested(ReportGroupSchema), required=True)


class WhatIfSchema(Schema):
    pack = fields.String(required=True)
    version = fields.Integer(required=True)
    says = fields.String(required=True)


ReportSchema = Schema.from_dict(
    {
        **_NAMED,
        "from": fields.Date(required=True),
        "to": fields.Date(required=True),
        "unit": fields.String(required=True, allow_none=True),
        "as_of": fields.String(required=True, allow_none=True),
        "position": fields.Integer(
            required=True, metadata={"description": "Up to which position of the register it tells"}
        ),
        "definition": fields.Dict(required=True),
        "definition_sha256": fields.String(required=True),
        "rows": fields.Integer(required=True),
        "measures": _FIGURES,
        "groups": fields.List(fields.Nested(ReportGroupSchema), required=True),
        "list": fields.List(fields.Dict(keys=fields.String()), required=True),
        "target": fields.Nested(AimSchema, required=True, allow_none=True),
        "trend": fields.Dict(keys=fields.String(), required=True, allow_none=True),
        "lineage": fields.List(fields.Nested(LineageSchema)),
        "what_if": fields.Nested(WhatIfSchema),
        "actual": fields.Nested(ActualSchema),
        "changed": fields.Dict(keys=fields.String()),
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
    period = Text(
        10, metadata={"description": "In place of from and to: 2026, 2026-H2, 2026-Q4, 2026-11 …"}
    )
    as_of = Instant(
        format="iso",
        validate=must_be_holdable,
        metadata={"description": "As it would have been printed then; must carry an offset"},
    )
    clock = ON_CLOCK
    what_if = fields.String(
        validate=validate.Regexp(r"[a-z][a-z0-9_-]{0,63}@[1-9][0-9]{0,8}\Z"),
        metadata={"description": "PACK@VERSION, as if that had been in force: arithmetic"},
    )
    lineage = fields.Boolean(metadata={"description": "With each ticket that was looked at"})
    changed_since = Instant(
        format="iso",
        validate=must_be_holdable,
        metadata={"description": "Also what is different since then, and which tickets make it so"},
    )
    format = fields.String(validate=validate.OneOf(["json", *MEDIA_TYPES]), load_default="json")


@resource.get("", ReportNamesSchema)
def list_reports(query: dict[str, Any]) -> Response:
    """The reports of all packs in force, with the rules that they carry out."""
    reader()
    return json({"items": services().reports.all(services().now())})


@resource.get("/<string:pack>/<string:report>", ReportSchema, ReportQuery)
def show_report(query: dict[str, Any], pack: str, report: str) -> Response:
    """The figures of a period, each with the tickets behind it."""
    reader()
    asked = _asked(query, pack, report)
    reports = services().reports
    role_for(reports.permission(asked), actor().roles_anywhere)
    since = query.get("changed_since")
    told = reports.report(replace(asked, lineage=asked.lineage or since is not None))
    if since is not None:
        told["changed"] = reports.changed(asked, AsOf(since, Clock(query["clock"])), told)
        if not asked.lineage:
            del told["lineage"]
    if (format_ := query["format"]) == "json":
        return json(told)
    name = f"{pack}-{report}-{told['from']}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written(told, format_), headers=headers, content_type=MEDIA_TYPES[format_])


def _asked(query: dict[str, Any], pack: str, report: str) -> ReportAsked:
    now = services().now()
    period = query.get("period")
    first, behind = days_of(period) if period else services().reports.this_month(now)
    as_of, what_if = query.get("as_of"), query.get("what_if")
    other, _, version = (what_if or "").partition("@")
    return ReportAsked(
        pack=pack,
        report=report,
        from_=query.get("from_", first),
        to=query.get("to", behind),
        now=now,
        unit=query.get("unit"),
        reader_id=actor().staff_id,
        as_of=as_of and AsOf(as_of, Clock(query["clock"])),
        what_if=(other, int(version)) if what_if else None,
        lineage=query.get("lineage", False),
    )
