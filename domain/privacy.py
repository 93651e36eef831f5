"""Privacy: which label a field or file carries, who sees what of it, and for which purpose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from domain.errors import Forbidden, Invalid
from domain.form import Word
from domain.pack_rules import STANDINGS
from domain.roles import ROLES

GRANTED = "granted"
"""Whoever was given access to one file by somebody else."""

MAY_SEE = ROLES | STANDINGS | {GRANTED}
"""What `full` may name: a role, a standing on a matter of the client, or a grant."""

HIDDEN = "****"
"""What is shown of a value of which nothing may be seen."""


class Sight(StrEnum):
    """What somebody gets to see of one labelled thing."""

    FULL = "full"
    MASKED = "masked"
    PURPOSE_MISSING = "purpose_missing"


class PurposeRequired(Forbidden):
    code = "purpose_required"


class Confidential(Forbidden):
    code = "confidential"


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`full`: who sees it unmasked. `purpose`: whether they have to say what for.

    `record`: whether it is put on record that they saw it; a refusal always is.
    `rule`: the rule of the catalogue that refuses.
    """

    full: frozenset[Word] = frozenset()
    purpose: bool = False
    record: bool = True
    rule: Word | None = None


class Purpose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a read may be for. `consent`: only of who has consented to it."""

    title: Word
    consent: bool = False


class Mask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many characters stay at both ends; one star for each between them."""

    head: Annotated[int, Meta(ge=0, le=20)] = 0
    tail: Annotated[int, Meta(ge=0, le=20)] = 0

    def of(self, text: str) -> str:
        """All is hidden where the ends would show half of it or more, or nothing is shown."""
        ends = self.head + self.tail
        if not ends or len(text) < ends + 2:
            return HIDDEN
        return f"{text[: self.head]}{'*' * (len(text) - ends)}{text[len(text) - self.tail :]}"


class Privacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pack says of secrecy. `fields` gives fields their label, `masks` says how they look.

    A field of a client is `name`, `details.<name>` or `contacts.<kind>`. `texts`: by procedure, the
    label of what is sealed on its tickets, as `<word>.<field>`: `opened.matter`, `noted.text`. What
    is not named has no label, and is seen by all who read. `export_days`: how long an approved
    export may be taken.
    """

    labels: dict[Word, Label] = {}
    fields: dict[Word, Word] = {}
    texts: dict[Word, dict[Word, Word]] = {}
    masks: dict[Word, Mask] = {}
    purposes: dict[Word, Purpose] = {}
    export_days: Annotated[int, Meta(ge=1, le=366)] | None = None

    def faults(self) -> Iterator[str]:
        """What does not fit together, each naming its place."""
        for place, label in self._labelled():
            if label not in self.labels:
                yield f"privacy.{place}: no label is called {label}"
        for name, rule in self.labels.items():
            for who in sorted(rule.full - MAY_SEE):
                yield f"privacy.labels.{name}.full: no role {who}"
            if rule.purpose and not self.purposes:
                yield f"privacy.labels.{name}.purpose: no purpose is listed"

    def _labelled(self) -> Iterator[tuple[str, str]]:
        """What has a label, and which."""
        yield from ((f"fields.{field}", label) for field, label in self.fields.items())
        for procedure, texts in self.texts.items():
            yield from ((f"texts.{procedure}.{path}", label) for path, label in texts.items())

    def must_be_label(self, name: str) -> None:
        """Raises Invalid."""
        if name not in self.labels:
            known = ", ".join(sorted(self.labels)) or "-"
            raise Invalid(f"label {name} is none of: {known}", field="label")

    def must_be_purpose(self, code: str | None, *, field: str = "Purpose") -> None:
        """Raises Invalid for a code that is not in the list; None says none."""
        if code is not None and code not in self.purposes:
            known = ", ".join(sorted(self.purposes)) or "-"
            raise Invalid(f"purpose {code} is none of: {known}", field=field)

    def needs_consent(self, purpose: str) -> bool:
        return purpose in self.purposes and self.purposes[purpose].consent

    def sight(self, label: str | None, who: Collection[str], purpose: str | None) -> Sight:
        """What `who` (their roles and standings) see of what is so labelled."""
        if label is None:
            return Sight.FULL
        rule = self.labels.get(label, Label())
        if not rule.full & set(who):
            return Sight.MASKED
        return Sight.PURPOSE_MISSING if rule.purpose and purpose is None else Sight.FULL

    def refusal(self, label: str, sight: Sight) -> Forbidden:
        """Why it is not shown."""
        rule = self.labels.get(label, Label()).rule
        if sight is Sight.PURPOSE_MISSING:
            known = ", ".join(sorted(self.purposes))
            return PurposeRequired(
                f"say what for, in the header Purpose: {known}", field="Purpose", rule=rule
            )
        return Confidential(f"this is {label}, and not for you", rule=rule, label=label)

    def masked(self, field: str, text: str) -> str:
        return self.masks.get(field, Mask()).of(text)

    def is_recorded(self, label: str | None) -> bool:
        return label is not None and self.labels.get(label, Label()).record


def joined(parts: Iterable[Privacy]) -> Privacy:
    """What several packs say; of the same thing, the last one."""
    said = list(parts)
    texts: dict[str, dict[str, str]] = {}
    for part in said:
        for procedure, labelled in part.texts.items():
            texts[procedure] = texts.get(procedure, {}) | labelled
    days = [part.export_days for part in said if part.export_days is not None]
    return Privacy(
        labels={name: label for part in said for name, label in part.labels.items()},
        fields={name: label for part in said for name, label in part.fields.items()},
        texts=texts,
        masks={name: mask for part in said for name, mask in part.masks.items()},
        purposes={name: purpose for part in said for name, purpose in part.purposes.items()},
        export_days=days[-1] if days else None,
    )


NO_PRIVACY = Privacy()
"""Where no pack in force says anything of it."""
