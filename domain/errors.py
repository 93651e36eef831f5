"""Refusals. Each has a `code` that never changes; the web floor maps the kinds to a status."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A command that was not carried out. No event was stored.

    `field` names the input at fault, `rule` the catalogue rule that refuses, `facts` what a
    program may want to know besides.
    """

    code: ClassVar[str] = "refused"

    def __init__(
        self, detail: str, *, field: str | None = None, rule: str | None = None, **facts: Any
    ) -> None:
        super().__init__(detail)
        self.detail, self.field, self.rule, self.facts = detail, field, rule, facts


class Refused(DomainError):
    """The state of things does not allow it."""


class Invalid(DomainError):
    """A value that no state of things would allow."""

    code = "invalid"


class NotFound(DomainError):
    """Nothing is registered under this id."""

    code = "not_found"


class Forbidden(DomainError):
    """The actor's roles do not include this."""

    code = "forbidden"


class NotAuthenticated(DomainError):
    """Nobody known is asking."""

    code = "not_authenticated"


class StaleVersion(DomainError):
    """Somebody else was faster; `facts["intervening"]` holds what they did."""

    code = "stale_version"


class CommandIdReused(DomainError):
    """The same command id came with another content."""

    code = "command_id_reused"
