"""Checks: what should be on record for each of some people or things. They refuse nothing."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec import field as field_

from domain.form import Word

EVERYBODY = "everybody"
"""All who serve, whatever their roles."""


class Checked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of whom, or what: who serves in a role (or `everybody`), or the words of a list."""

    staff: Word | None = None
    list: Word | None = None

    def __post_init__(self) -> None:
        if (self.staff is None) == (self.list is None):
            raise ValueError("each names staff or list")


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For each of them `word` has happened, with their id or word in `field` of its form.

    `with`: what else stands in that form; `within_days`: no longer ago. Of whom it has not is
    told: `says`, in which {each} is their id or word.
    """

    title: Word
    each: Checked
    word: Word
    field: Word
    says: Word
    with_: dict[Word, str | int | bool] = field_(name="with", default={})
    within_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    rule: Word | None = None
