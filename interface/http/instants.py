"""An instant that is asked for, and on which of the two clocks."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from application.instant import Clock


class Instant(fields.AwareDateTime):
    """An instant with its offset; in a query the + of an offset is written %2B."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own
        "invalid": "an instant like 2026-11-25T10:00:00+08:00; in a query + is written %2B"
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except (ValidationError, OverflowError):
            raise self.make_error("invalid") from None


ON_CLOCK = fields.String(
    load_default=str(Clock.RECORDED),
    validate=validate.OneOf([str(clock) for clock in Clock]),
    metadata={
        "description": "recorded: what we knew then, by the store's clock;"
        " occurred: what was true then, as told by now",
        "default": str(Clock.RECORDED),
    },
)
