"""Schemas and routes of schemes, and of the rankings made by them."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from application.rankings import PublishRanking
from domain.ranking import Ranking
from interface.http.answers import created, json
from interface.http.auth import command, reader
from interface.http.resource import Resource
from interface.http.schemas import CommandBody, ReadQuery, Text
from interface.http.services import services

resource = Resource("rankings", "/v1", "Schemes of assessment, and rankings (考核排名)")


class SchemeSchema(Schema):
    """As the pack says it; every indicator, group and rater with its code."""

    code = fields.String(required=True)
    pack = fields.String(required=True)
    version = fields.Integer(required=True)
    title = fields.String(required=True)
    period = fields.String(required=True)
    indicators = fields.List(fields.Dict(), required=True)
    groups = fields.List(fields.Dict(), required=True)
    raters = fields.List(fields.Dict(), required=True)
    heaviest = fields.String(allow_none=True)
    kinds = fields.Dict()
    check = fields.Dict(allow_none=True)
    plan = fields.Dict(allow_none=True)
    ranking = fields.Dict(allow_none=True)
    published_by = fields.List(fields.String())
    appeal_days = fields.Integer()
    pass_mark = fields.String(allow_none=True)
    revokes = fields.List(fields.String())
    copies = fields.List(fields.String())
    rule = fields.String(allow_none=True)


@resource.get(
    "/schemes",
    Schema.from_dict({"items": fields.List(fields.Nested(SchemeSchema))}, name="Schemes"),
)
def list_schemes(query: dict[str, Any]) -> Response:
    """Every scheme of assessment that is in force."""
    reader()
    return json({"items": [named.told() for named in services().schemes.all(services().now())]})


@resource.get("/schemes/<string:code>", SchemeSchema)
def show_scheme(query: dict[str, Any], code: str) -> Response:
    """A scheme in force: indicators, groups, raters, weights."""
    reader()
    return json(services().schemes.named(code, services().now()).told())


class RankingBody(CommandBody):
    scheme = Text(64, required=True)
    period = Text(64, required=True)
    unit = Text(64, metadata={"description": "Of that unit only"})


@resource.post("/rankings", RankingBody, status=201)
def publish_ranking(body: dict[str, Any]) -> Response:
    """Rank all assessments of a period, and publish their results with it."""
    wanted = command(PublishRanking, body)
    receipt = services().rankings.publish(wanted)
    where: dict[str, Any] = {"scheme": wanted.scheme, "period": wanted.period}
    if wanted.unit:
        where["unit"] = wanted.unit
    return created(receipt, "rankings.show_ranking", **where)


class RankingQuery(ReadQuery):
    unit = Text(64, load_default="")


class LineSchema(Schema):
    """One person's place. `score` in hundredths."""

    staff = fields.UUID(required=True)
    assessment = fields.UUID(required=True)
    score = fields.Integer(required=True)
    rank = fields.Integer(required=True)
    reward_minor_units = fields.Integer(required=True)


class RankingSchema(Schema):
    scheme = fields.String(required=True)
    pack = fields.String(required=True)
    pack_version = fields.Integer(required=True)
    period = fields.String(required=True)
    unit = fields.String(required=True)
    payout_month = fields.String(required=True, allow_none=True)
    published_at = fields.AwareDateTime(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)
    reward_minor_units = fields.Integer(required=True, metadata={"description": "Of all lines"})
    version = fields.Integer(required=True)


@resource.get("/rankings/<string:scheme>/<string:period>", RankingSchema, RankingQuery)
def show_ranking(query: dict[str, Any], scheme: str, period: str) -> Response:
    """Who stands where in a period, and what they get for it."""
    reader()
    return json(told(services().rankings.ranking(scheme, period, query["unit"])))


def told(ranking: Ranking) -> dict[str, Any]:
    return {
        "scheme": ranking.scheme,
        "pack": ranking.pack,
        "pack_version": ranking.pack_version,
        "period": ranking.period,
        "unit": ranking.unit,
        "payout_month": ranking.payout_month,
        "published_at": ranking.published_at,
        "lines": ranking.lines,
        "reward_minor_units": sum(line["reward_minor_units"] for line in ranking.lines),
        "version": ranking.version,
    }
