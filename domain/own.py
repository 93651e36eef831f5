"""Nobody approves their own: one question, asked wherever a second person has to agree."""

from __future__ import annotations

from collections.abc import Collection

from domain.aggregate import Act
from domain.errors import DomainError


def must_be_another(first: Collection[str | None], act: Act, refusal: DomainError) -> None:
    """`first`: whose own it is. Neither they nor a deputy in their place, nor they for another.

    Raises the refusal.
    """
    if {act.by, act.stood_for} & set(first):
        raise refusal
