"""What happens: counted, and its form kept, under the word that packs use for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.aggregate import Aggregate
from domain.sealed import in_clear


def word_of(event: Aggregate.Event) -> str:
    """What packs call it: the name of a step, or the last part of its topic."""
    return word_for(type(event), vars(event))


def word_for(kind: type[Aggregate.Event], payload: Mapping[str, Any]) -> str:
    """An answer to a part of the question only is no answer yet: `answered-in-part`."""
    topic: str = kind.TOPIC  # type: ignore[attr-defined]
    word = payload.get("step") or topic.split(".", 1)[1]
    return f"{word}-in-part" if payload.get("complete") is False else word


class Happening(Aggregate.Event):
    """Anything that happens: counted, and its form kept, under its own word."""

    def mutate(self, aggregate: Any) -> Any:
        changed: Any = super().mutate(aggregate)
        changed.happened(self)
        return changed

    def told(self) -> dict[str, Any]:
        """What rules may ask about it later."""
        return vars(self)


def clear_form(event: Happening) -> dict[str, Any]:
    """What was filled in, or what the fact says where it has no form; sealed texts left out."""
    form: dict[str, Any] = in_clear(event.told())
    return form
