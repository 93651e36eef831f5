"""Fields and schemas that several resources share. They check form, and know no rule."""

from __future__ import annotations

from datetime import UTC, datetime
from types import UnionType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from domain.errors import Invalid
from domain.sealed import Sealed, checked

PAGE_LIMIT = 200
"""Most rows on a page."""

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""From the one up to the other, every time is one that calendars and tables can hold."""


class Text(fields.String):
    """A text without control characters, from 1 to `limit` characters, blanks around cut off."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=limit), **kwargs)
        self._limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return checked(text, name=attr or "text", limit=self._limit)
        except Invalid as invalid:
            raise ValidationError(invalid.detail) from None


def aware_time(doc: str, **kwargs: Any) -> fields.AwareDateTime:
    """A time that carries its offset."""
    return fields.AwareDateTime(
        format="iso", validate=must_be_holdable, metadata={"description": doc}, **kwargs
    )


def must_be_holdable(at: datetime) -> None:
    if not EARLIEST <= at < LATEST:
        raise ValidationError(f"must lie between {EARLIEST.year} and {LATEST.year}")


class CommandBody(Schema):
    """What every command may say besides its own words."""

    occurred_at = aware_time("When it happened, if not now; must carry an offset")
    acting_for = fields.UUID(metadata={"description": "Whose deputy (AB 角) you are in this"})
    reason = Text(2_000, metadata={"description": "Why; some commands ask for it"})


class ReadQuery(Schema):
    min_position = fields.Integer(
        validate=validate.Range(min=0),
        metadata={"description": "Wait until the views have read up to this position"},
    )


class PageQuery(ReadQuery):
    cursor = fields.String(metadata={"description": "From `next` of the page before"})
    limit = fields.Integer(
        load_default=50, validate=validate.Range(min=1, max=PAGE_LIMIT), metadata={"default": 50}
    )


class ReceiptSchema(Schema):
    """What became of a command. `position` may be passed as `min_position` to a read."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    position = fields.Integer(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    number = fields.String(allow_none=True)
    replayed = fields.Boolean(required=True)
    warnings = fields.List(
        fields.String(), metadata={"description": "Of a pack: what should be thought about"}
    )


class ProblemSchema(Schema):
    """RFC 9457. `code` never changes; `field` names the input at fault, `rule` who refuses."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String()
    field = fields.String()
    rule = fields.String()
    errors = fields.Dict()
    facts = fields.Dict()
    intervening = fields.List(fields.Dict())


_FIELDS: dict[Any, type[fields.Field[Any]]] = {
    UUID: fields.UUID,
    str: fields.String,
    int: fields.Integer,
    bool: fields.Boolean,
    Sealed: fields.String,
}


def shown(row: type, name: str, **more: fields.Field[Any]) -> type[Schema]:
    """The schema that documents a row of a view as it is shown, and what is shown with it."""
    made: dict[str, Any] = {}
    for field_name, hint in get_type_hints(row, include_extras=True).items():
        kind, doc = get_args(hint)
        some = [a for a in get_args(kind) if a is not type(None)]
        is_optional = isinstance(kind, UnionType)
        field = _FIELDS.get(some[0] if is_optional else kind, fields.Raw)
        made[field_name] = field(allow_none=is_optional, metadata={"description": doc})
    return Schema.from_dict(made | more, name=name)


def page_of(item: type[Schema], **more: fields.Field[Any]) -> type[Schema]:
    """A page of items; `next` is the cursor of the page behind it."""
    name = item.__name__.removesuffix("Schema")
    made: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(allow_none=True),
    }
    return Schema.from_dict(made | more, name=f"{name}Page")
