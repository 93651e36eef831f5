"""The Client: everybody served. What speaks of the person is sealed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.aggregate import Act, Aggregate, InitialEvent
from domain.blacklist import Listed
from domain.client_grades import Classified
from domain.duplicates import Matched
from domain.erasure import (
    GROUNDS,
    AlreadyRequested,
    ClientErased,
    LegalHold,
    NotRequested,
    SamePerson,
)
from domain.errors import Invalid, Refused
from domain.own import must_be_another
from domain.ownership import Owned
from domain.sealed import Sealed, checked

CONTACT_KINDS = frozenset({"phone", "mobile", "email", "address", "wechat", "qq", "fax", "other"})

DETAILS = frozenset({"name", "place", "language", "form_of_address", "birthday"})
"""What may be said of a client besides contact points; each is sealed."""

TRAIT_LIMIT = 64
"""Longest text of a trait, in characters: a word for a kind of client, never for one person."""

TRAIT_BOUND = 10**12
"""Whole numbers of a trait lie below it, and above its negative."""


class ClientMerged(Refused):
    code = "client_merged"


class NotMerged(Refused):
    code = "not_merged"


class NoContactPoint(Refused):
    code = "no_contact_point"


class NoConsent(Refused):
    code = "no_consent"


class Client(Owned, Matched, Listed, Classified):
    """One client: a person, a household, a company."""

    TOPIC = "client"
    COMPARES_TEXTS = True

    class Registered(InitialEvent):
        """`key_commitment`: SHA-256 (hex) of the key that all of this client is sealed under."""

        TOPIC = "client.registered"
        name: Sealed
        kind: str
        key_commitment: str

    class DetailsChanged(Aggregate.Event):
        TOPIC = "client.details-changed"
        details: dict[str, Any]

        def apply(self, aggregate: Client) -> None:
            aggregate.details |= self.details

    class ContactPointAdded(Aggregate.Event):
        TOPIC = "client.contact-point-added"
        contact_id: str
        kind: str
        value: Sealed

        def apply(self, aggregate: Client) -> None:
            aggregate.contacts[self.contact_id] = (self.kind, self.value)

    class ContactPointRemoved(Aggregate.Event):
        TOPIC = "client.contact-point-removed"
        contact_id: str

        def apply(self, aggregate: Client) -> None:
            del aggregate.contacts[self.contact_id]

    class TraitSet(Aggregate.Event):
        """What figures ask about, in clear: region, tier, remote. It speaks of no person."""

        TOPIC = "client.trait-set"
        name: str
        value: str | int | bool

        def apply(self, aggregate: Client) -> None:
            aggregate.traits[self.name] = self.value

    class Merged(Aggregate.Event):
        """This file is the same client's as that of `into_id`, and follows it from now on."""

        TOPIC = "client.merged"
        into_id: UUID

        def apply(self, aggregate: Client) -> None:
            aggregate.merged_into_id = self.into_id
            if self.into_id in aggregate.duplicates:
                aggregate.duplicates[self.into_id] = "merge"

    class Unmerged(Aggregate.Event):
        TOPIC = "client.unmerged"
        from_id: UUID

        def apply(self, aggregate: Client) -> None:
            aggregate.merged_into_id = None

    class ErasureRequested(Aggregate.Event):
        """On what ground the client is to be forgotten."""

        TOPIC = "client.erasure-requested"
        ground: str

        def apply(self, aggregate: Client) -> None:
            aggregate.erasure = Erasure(self.ground, frozenset({self.by, self.acting_for}))

    class ErasureWithdrawn(Aggregate.Event):
        TOPIC = "client.erasure-withdrawn"

        def apply(self, aggregate: Client) -> None:
            aggregate.erasure = None

    class ErasureApproved(Aggregate.Event):
        TOPIC = "client.erasure-approved"

        def apply(self, aggregate: Client) -> None:
            aggregate.is_to_be_erased = True

    class Erased(Aggregate.Event):
        """The key is destroyed: all that is sealed under it up to `upto` is gone for ever."""

        TOPIC = "client.erased"
        upto: int

        def apply(self, aggregate: Client) -> None:
            aggregate.is_erased = True

    class HoldPlaced(Aggregate.Event):
        """A legal hold: nothing of this client may go. `file_number` is its file number."""

        TOPIC = "client.hold-placed"
        file_number: str

        def apply(self, aggregate: Client) -> None:
            aggregate.holds.add(self.file_number)

    class HoldLifted(Aggregate.Event):
        TOPIC = "client.hold-lifted"
        file_number: str

        def apply(self, aggregate: Client) -> None:
            aggregate.holds.discard(self.file_number)

    class ConsentGiven(Aggregate.Event):
        """The client lets what is on file be used for this purpose."""

        TOPIC = "client.consent-given"
        purpose: str

        def apply(self, aggregate: Client) -> None:
            aggregate.consents.add(self.purpose)

    class ConsentWithdrawn(Aggregate.Event):
        TOPIC = "client.consent-withdrawn"
        purpose: str

        def apply(self, aggregate: Client) -> None:
            aggregate.consents.discard(self.purpose)

    def __init__(self, name: Sealed, kind: str) -> None:
        self.consents: set[str] = set()
        self.erasure: Erasure | None = None
        self.is_to_be_erased = self.is_erased = False
        self.holds: set[str] = set()
        self.kind = kind
        self.details: dict[str, Sealed] = {"name": name}
        self.contacts: dict[str, tuple[str, Sealed]] = {}
        self.traits: dict[str, str | int | bool] = {}
        self.merged_into_id: UUID | None = None
        self._start_ownership()
        self._start_matching()
        self._start_blacklist()
        self._start_file()
        self._start_classes()

    @property
    def clear(self) -> Mapping[str, Any]:
        manager = None if self.manager_id is None else str(self.manager_id)
        return {**self.traits, "kind": self.kind, "manager_id": manager}

    @classmethod
    def register(
        cls, client_id: UUID, *, name: str, kind: str, key_commitment: str, act: Act
    ) -> Client:
        """Raises Invalid."""
        return cls._start(
            cls.Registered,
            client_id,
            act,
            subject=client_id,
            name=Sealed.of(client_id, name, name="name", limit=200),
            kind=checked(kind, name="kind", limit=40),
            key_commitment=key_commitment,
        )

    def change_details(self, details: Mapping[str, str], *, act: Act) -> None:
        """Only what is new is recorded. Raises Invalid for an unknown detail."""
        if unknown := sorted(details.keys() - DETAILS):
            known = ", ".join(sorted(DETAILS))
            raise Invalid(f"no detail {unknown[0]}; there are: {known}", field=unknown[0])
        sealed = {k: Sealed.of(self.id, v, name=k, limit=200) for k, v in details.items()}
        changed = {k: v for k, v in sealed.items() if self.details.get(k) != v}
        if changed:
            self._record(self.DetailsChanged, act, details=changed)

    def add_contact_point(self, kind: str, value: str, *, act: Act) -> None:
        """The same value again adds nothing. Raises Invalid."""
        if kind not in CONTACT_KINDS:
            known = ", ".join(sorted(CONTACT_KINDS))
            raise Invalid(f"kind {kind} is none of: {known}", field="kind")
        sealed = Sealed.of(self.id, value, name="value", limit=400)
        if (kind, sealed) not in self.contacts.values():
            contact_id = f"{kind}-{self.version + 1}"
            self._record(
                self.ContactPointAdded, act, contact_id=contact_id, kind=kind, value=sealed
            )

    def remove_contact_point(self, contact_id: str, *, act: Act) -> None:
        """Raises NoContactPoint."""
        if contact_id not in self.contacts:
            raise NoContactPoint(f"no contact point {contact_id}", field="contact_id")
        self._record(self.ContactPointRemoved, act, contact_id=contact_id)

    def set_trait(self, name: str, value: str | int | bool, *, act: Act) -> None:
        """Of what kind the client is, in clear. The same value again adds nothing. Raises Invalid.

        A name is one word of small letters, like `travel_minutes`; `kind` is said at registration.
        """
        if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name) or name == "kind":
            raise Invalid("a trait is one word of small letters, and not kind", field="name")
        if isinstance(value, str):
            value = checked(value, name="value", limit=TRAIT_LIMIT)
        elif not -TRAIT_BOUND < value < TRAIT_BOUND:
            raise Invalid("nothing that is counted of a client is so large", field="value")
        known = self.traits.get(name)
        if (type(known), known) != (type(value), value):
            self._record(self.TraitSet, act, name=name, value=value)

    def merge_into(self, other: Client, *, act: Act) -> None:
        """This file follows the other's. Raises ClientMerged if either follows another already."""
        act.must_give_reason()
        if other.id == self.id:
            raise Invalid("a client is not merged with itself", field="into_id")
        for client in (self, other):
            if client.merged_into_id is not None:
                raise ClientMerged(f"client {client.id} is merged into {client.merged_into_id}")
        self._record(self.Merged, act, into_id=other.id)

    def unmerge(self, *, act: Act) -> None:
        """Raises NotMerged."""
        act.must_give_reason()
        if self.merged_into_id is None:
            raise NotMerged(f"client {self.id} is not merged")
        self._record(self.Unmerged, act, from_id=self.merged_into_id)

    def request_erasure(self, ground: str, *, act: Act) -> None:
        """Raises Invalid, LegalHold, AlreadyRequested, ClientErased."""
        if ground not in GROUNDS:
            known = ", ".join(sorted(GROUNDS))
            raise Invalid(f"ground {ground} is none of: {known}", field="ground")
        self._must_be_free()
        if self.erasure is not None:
            raise AlreadyRequested("the erasure of this client was requested before")
        self._record(self.ErasureRequested, act, ground=ground)

    def withdraw_erasure(self, *, act: Act) -> None:
        """Raises NotRequested, ClientErased."""
        self._requested()
        self._record(self.ErasureWithdrawn, act)

    def approve_erasure(self, *, act: Act) -> str:
        """By another person than who requested it; the ground.

        Raises NotRequested, SamePerson, LegalHold, ClientErased.
        """
        erasure = self._requested()
        self._must_be_free()
        refusal = SamePerson("whoever requested it does not approve it")
        must_be_another(erasure.requested_by, act, refusal)
        self._record(self.ErasureApproved, act)
        return erasure.ground

    def erase(self, upto: int, *, follows: Client | None = None, act: Act) -> None:
        """The key is gone. `follows`: this file goes with that of the same client.

        Raises NotRequested, LegalHold.
        """
        self._must_be_free()
        if not (follows or self).is_to_be_erased:
            raise NotRequested("nobody has approved it")
        self._record(self.Erased, act, upto=upto)

    def place_hold(self, file_number: str, *, act: Act) -> None:
        """Raises Invalid, ClientErased. The same again adds nothing."""
        self._must_not_be_erased()
        said = checked(file_number, name="file_number", limit=80)
        if said not in self.holds:
            self._record(self.HoldPlaced, act, file_number=said)

    def lift_hold(self, file_number: str, *, act: Act) -> None:
        """Raises Invalid if there is no such hold."""
        if file_number not in self.holds:
            raise Invalid(f"no legal hold {file_number}", field="file_number")
        self._record(self.HoldLifted, act, file_number=file_number)

    def give_consent(self, purpose: str, *, act: Act) -> None:
        """Said twice, done once."""
        if purpose not in self.consents:
            self._record(self.ConsentGiven, act, purpose=purpose)

    def withdraw_consent(self, purpose: str, *, act: Act) -> None:
        """Raises NoConsent."""
        if purpose not in self.consents:
            raise NoConsent(f"client {self.id} has not consented to {purpose}", field="purpose")
        self._record(self.ConsentWithdrawn, act, purpose=purpose)

    def _requested(self) -> Erasure:
        self._must_not_be_erased()
        if self.erasure is None:
            raise NotRequested("the erasure of this client was not requested")
        return self.erasure

    def _must_be_free(self) -> None:
        self._must_not_be_erased()
        if self.holds:
            raise LegalHold(f"legal hold: {', '.join(sorted(self.holds))}")

    def _must_not_be_erased(self) -> None:
        if self.is_erased:
            raise ClientErased("this client was erased")

    def _record(self, event: type[Aggregate.Event], act: Act, **payload: Any) -> None:
        self._must_not_be_erased()
        super()._record(event, act, **payload)


@dataclass(frozen=True)
class Erasure:
    """Why, and by whom it was requested."""

    ground: str
    requested_by: frozenset[str | None]
