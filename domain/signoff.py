"""Sign-offs (会签): who signs after whom. Read from a pack's content, never changed after."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from domain.errors import Forbidden, Invalid, Refused
from domain.form import Word
from domain.predicate import Look, Predicate
from domain.roles import ROLES

Verdict = Literal["signed", "refused"]


class NotYourTurn(Refused):
    code = "not_your_turn"


class SamePersonSigns(Refused):
    code = "same_person_signs"


class AlreadySigned(Refused):
    code = "already_signed"


class SignoffNotAsked(Refused):
    code = "signoff_not_asked"


class Together(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage of several roles: `all` of them in whatever order, or `any` one."""

    all: frozenset[Word] = frozenset()
    any: frozenset[Word] = frozenset()


Stage = str | Together


class Signoff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chain of stages, signed one after the other.

    `distinct`: nobody signs twice. Not asked for unless `when` holds; open once all of `after`
    has happened.
    """

    title: Word
    chain: Annotated[tuple[Stage, ...], Meta(min_length=1)]
    distinct: bool = True
    when: Predicate | None = None
    after: frozenset[Word] = frozenset()
    rule: Word | None = None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset().union(*(roles_of(stage) for stage in self.chain))

    @property
    def notation(self) -> str:
        """`A→{B,C}→D|E`: A, then B and C, then D or E."""
        return "→".join(_noted(stage) for stage in self.chain)

    def is_asked(self, look: Look) -> bool:
        return self.when is None or self.when.holds(look)

    def must_be_open(self, look: Look) -> None:
        """Raises SignoffNotAsked, NotYourTurn before all of `after` has happened."""
        if not self.is_asked(look):
            raise SignoffNotAsked(f"{self.title} is not asked for here", rule=self.rule)
        missing = sorted(word for word in self.after if not look(f"count.{word}"))
        if missing:
            raise NotYourTurn(
                f"{missing[0]} comes before {self.title}", rule=self.rule, missing=missing
            )

    def faults(self, known: Set[str]) -> list[str]:
        """What keeps this from being signed; `known`: all that can happen on a ticket."""
        faults = [f"chain: no role {role}" for role in sorted(self.roles - ROLES)]
        faults += [
            "chain: a stage is a role, or has either all or any"
            for stage in self.chain
            if isinstance(stage, Together) and bool(stage.all) == bool(stage.any)
        ]
        return faults + [f"after: nothing is called {word}" for word in sorted(self.after - known)]


def roles_of(stage: Stage) -> frozenset[str]:
    return frozenset({stage}) if isinstance(stage, str) else stage.all | stage.any


@dataclass(frozen=True)
class Signature:
    """Whose it is, in which role; a deputy's counts for whom they stand in for."""

    role: str
    person_id: UUID
    deputy_id: UUID | None = None

    @property
    def hands(self) -> frozenset[UUID | None]:
        return frozenset({self.person_id, self.deputy_id or self.person_id})


@dataclass(frozen=True)
class Signing:
    """How far one round of a sign-off has come."""

    signoff: Signoff
    signatures: tuple[Signature, ...] = ()

    @property
    def stage(self) -> int:
        """The number of the stage that is open, from 1 on; one more than there are at the end."""
        return self._reached()[0]

    @property
    def next_roles(self) -> frozenset[str]:
        """Who may sign now; nobody once it is complete."""
        return self._reached()[1]

    @property
    def is_complete(self) -> bool:
        return not self.next_roles

    def signed(self, signature: Signature, held: Set[str]) -> Signing:
        """With one signature more, by somebody who holds these roles; itself if it has it already.

        Raises Invalid, Forbidden, NotYourTurn, SamePersonSigns, AlreadySigned.
        """
        self._must_be_theirs(signature.role, held)
        if signature.role not in self.next_roles and self._has(signature):
            return self
        self.must_take(signature, held)
        return replace(self, signatures=(*self.signatures, signature))

    def must_take(self, signature: Signature, held: Set[str]) -> None:
        """Whether it is theirs to say yes or no now. Raises as `signed` does."""
        self._must_be_theirs(signature.role, held)
        rule = self.signoff.rule
        if self.is_complete:
            raise AlreadySigned(f"{self.signoff.title} is complete", rule=rule)
        if signature.role not in self.next_roles:
            first = sorted(self.next_roles)
            raise NotYourTurn(
                f"{' or '.join(first)} signs before {signature.role}", rule=rule, next=first
            )
        if self.signoff.distinct and any(signature.hands & s.hands for s in self.signatures):
            raise SamePersonSigns(f"nobody signs {self.signoff.title} twice", rule=rule)

    def _must_be_theirs(self, role: str, held: Set[str]) -> None:
        rule = self.signoff.rule
        if role not in self.signoff.roles:
            raise Invalid(
                f"{role} does not sign here: {self.signoff.notation}", field="role", rule=rule
            )
        if role not in held:
            raise Forbidden(f"only {role} signs as {role}", field="role", rule=rule)

    def _has(self, signature: Signature) -> bool:
        return any(
            (s.role, s.person_id) == (signature.role, signature.person_id) for s in self.signatures
        )

    def _reached(self) -> tuple[int, frozenset[str]]:
        signed = iter(self.signatures)
        for number, stage in enumerate(self.signoff.chain, start=1):
            missing = roles_of(stage)
            while missing:
                signature = next(signed, None)
                if signature is None:
                    return number, missing
                missing = missing - {signature.role} if _is_all(stage) else frozenset()
        return len(self.signoff.chain) + 1, frozenset()


def _is_all(stage: Stage) -> bool:
    return isinstance(stage, Together) and bool(stage.all)


def _noted(stage: Stage) -> str:
    roles = sorted(roles_of(stage))
    return f"{{{','.join(roles)}}}" if _is_all(stage) else "|".join(roles)
