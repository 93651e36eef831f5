"""What a pack rules: promises of time, refusals, what follows by itself, what may be asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from domain.errors import DomainError, Forbidden, Invalid, Refused
from domain.form import Word
from domain.limit import Limit
from domain.predicate import Look, Predicate, inside
from domain.promise import MetBy

STANDINGS = frozenset({"owner", "first_contact", "asked", "offered"})
"""What a member of staff may be on a ticket."""

EACH = "each"
"""Responsible is whoever an entry of `each` names: one promise for each of them."""

Hours = Annotated[float, Meta(ge=0, le=10_000)]


class GuardRefused(Refused):
    code = "guard_refused"


class GuardInvalid(Invalid):
    code = "guard_invalid"


class GuardForbids(Forbidden):
    code = "guard_forbids"


class ForbiddenPhrase(Invalid):
    code = "forbidden_phrase"


class ObligationRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A promise of time: what opens it, how long, who keeps it, what meets it.

    `opens`, `met_by` and `blocks` name what happens on a ticket: a step of a pack, or a
    universal fact like `opened` or `transfer-accepted`. `blocks` is refused while it is open.
    The limit is `limit`, one of `limits` by the value at `limit_by`, or that of the service item.
    `responsible` is a standing on the ticket, `=` and a path to the id of a member of staff, or
    `each`: the very entry that it is for.
    """

    title: Word
    opens: frozenset[Word]
    met_by: MetBy
    met_when: Predicate | None = None
    limit: Limit | None = None
    limits: dict[str, Limit] = {}
    limit_by: Word | None = None
    limit_of: Literal["item"] | None = None
    when: Predicate | None = None
    responsible: Word = "owner"
    role: Word | None = None
    unit: Word | None = None
    each: Word | None = None
    match: Word | None = None
    blocks: frozenset[Word] = frozenset()
    appointment: Word | None = None
    rule: Word | None = None
    client_facing: bool = False
    warn_hours: Hours | None = None
    supervise_hours: tuple[Hours, ...] = ()
    ends_with_ticket: bool = True

    def __post_init__(self) -> None:
        ways = (self.limit is not None, self.limit_by is not None, self.limit_of is not None)
        if sum(ways) != 1 or (self.limit_by is not None) != bool(self.limits):
            raise ValueError("give limit, or limits with limit_by, or limit_of")
        named = self.responsible.startswith("=") or (self.responsible == EACH and self.each)
        if self.responsible not in STANDINGS and not named:
            raise ValueError(f"responsible: {self.responsible} is no standing and no path")

    def is_opened_by(self, word: str, look: Look) -> bool:
        return word in self.opens and (self.when is None or self.when.holds(look))

    def limit_for(self, look: Look, item: ServiceItem | None) -> Limit | None:
        """How long it may take here; None where nothing was promised for this."""
        if self.limit_of is not None:
            return None if item is None else item.limit
        if self.limit_by is not None:
            return self.limits.get(str(look(self.limit_by)))
        return self.limit


class GuardRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is refused on some steps or facts, and which rule of the catalogue says so.

    `refuse_when` asks the ticket and the form at hand; `forbids` names a list of phrases that no
    text the client sees may hold, whatever happens if `upon` names nothing. `as_invalid`: the
    input is at fault (422), not the moment (409); `forbidden`: it is not for them (403). `flags`:
    that it was tried is put on record, as this. `warns`: it is done, and the answer says so.
    """

    rule: Word
    says: Word
    upon: frozenset[Word] = frozenset()
    refuse_when: Predicate | None = None
    forbids: Word | None = None
    as_invalid: bool = False
    forbidden: bool = False
    field: Word | None = None
    flags: Word | None = None
    warns: bool = False

    def __post_init__(self) -> None:
        if not self.upon and self.forbids is None:
            raise ValueError("upon names nothing")

    def warning(self, look: Look) -> str | None:
        """What is said, though it is done."""
        warned = self.warns and self.refuse_when is not None and self.refuse_when.holds(look)
        return f"{self.says} ({self.rule})" if warned else None

    def refusal(self, look: Look) -> DomainError | None:
        if self.warns or self.refuse_when is None or not self.refuse_when.holds(look):
            return None
        kind: type[DomainError] = GuardInvalid if self.as_invalid else GuardRefused
        kind = GuardForbids if self.forbidden else kind
        return kind(self.says, rule=self.rule, field=self.field, **self._flagged())

    def phrase_refusal(
        self, text: str, phrases: Iterable[str], field: str | None = None
    ) -> DomainError | None:
        """However it is spaced, and whichever width its commas have."""
        said = _compact(text)
        for phrase in phrases:
            if _compact(phrase) in said:
                return ForbiddenPhrase(
                    f"{self.says}: {phrase}",
                    rule=self.rule,
                    field=field or self.field,
                    phrase=phrase,
                    **self._flagged(),
                )
        return None

    def _flagged(self) -> dict[str, str]:
        return {} if self.flags is None else {"violation": self.flags}


class Route(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Into which unit's queue a ticket goes upon something; who has the role may take it, too."""

    upon: frozenset[Word]
    to_unit: Word
    when: Predicate | None = None
    role: Word | None = None
    rule: Word | None = None


class Consequence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What follows by itself when something happens: a record, an act of the ticket, or both.

    `each`: the path of rows; it follows once for each of them, which is `row.x`.
    A value of `form` that begins with `=` is the path of what is recorded there. `proposes`: a
    table of the ledger; the form says whose entry it is (`holder`), and the facts.
    """

    upon: frozenset[Word]
    records: Word
    title: Word
    when: Predicate | None = None
    each: Word | None = None
    form: dict[Word, Any] = {}
    rule: Word | None = None
    does: Literal["suspend", "resume", "reopen", "close"] | None = None
    proposes: Word | None = None

    def __post_init__(self) -> None:
        if self.proposes is not None and "holder" not in self.form:
            raise ValueError("proposes: the form names no holder")

    def follows(self, word: str, look: Look) -> list[Look]:
        """What paths stand for each time that it follows; empty if it does not."""
        if word not in self.upon:
            return []
        looks = [look]
        if self.each is not None:
            rows = look(self.each)
            looks = [inside("row", row, look) for row in (rows if isinstance(rows, list) else ())]
        return [at_hand for at_hand in looks if self.when is None or self.when.holds(at_hand)]

    def filled(self, look: Look) -> dict[str, Any]:
        return {name: value_of(value, look) for name, value in self.form.items()}


class Across(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about other tickets: how often something happened, or how many are open.

    `same`: fields of that happening's form that must equal, or hold in a list, what is on record
    here at a path. `not_in`: states in which what is open does not count. Or about the member of
    staff at the path `colleague`, who counts 1 if all that is said of them holds: reports to who
    stands at the path `superior`, has the `competence` (a word, or `=` and a path) now.
    """

    word: Word | None = None
    same: dict[Word, Word] = {}
    within_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    procedures: frozenset[Word] = frozenset()
    open: bool = False
    owner: Literal["actor", "owner"] | None = None
    channels: frozenset[Word] = frozenset()
    not_in: frozenset[Word] = frozenset()
    colleague: Word | None = None
    superior: Word | None = None
    competence: Word | None = None

    def __post_init__(self) -> None:
        if self.open + (self.word is not None) + (self.colleague is not None) != 1:
            raise ValueError("ask for a word that happened, what is open, or a colleague")
        if any(path.startswith("form.") for path in self.same.values()):
            raise ValueError("same: name what is on record, like confirm.product, not form.product")


class ServiceItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that clients may ask for (事项): how long it takes, and what it needs.

    `internal_docs` can be had inside the house and are never asked of the client. The fee is in
    minor units.
    """

    title: Word
    limit: Limit | None = None
    required_docs: tuple[Word, ...] = ()
    internal_docs: tuple[Word, ...] = ()
    fee: Annotated[int, Meta(ge=0)] = 0


def value_of(said: Any, look: Look) -> Any:
    """What a pack says: itself, or what stands at a path if it begins with `=`."""
    return look(said[1:]) if isinstance(said, str) and said.startswith("=") else said


def _compact(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
