"""The dossier: what is signed, ticked and attached on a matter, as its packs ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.aggregate import STAFF_PREFIX, Act, staff_ref
from domain.checklist import STANDINGS, Checklist
from domain.errors import Forbidden, Invalid, NotFound, Refused
from domain.evidence import NAME_LIMIT, Attachment, must_be_attachable
from domain.happening import Happening
from domain.own import must_be_another
from domain.promising import Promising
from domain.sealed import Sealed
from domain.signoff import Signature, Signing, Verdict


class NoSignoff(Invalid):
    code = "no_signoff"


class NoChecklist(Invalid):
    code = "no_checklist"


class NoEvidence(NotFound):
    pass


class LabelledOtherwise(Refused):
    code = "labelled_otherwise"


class GrantsThemselves(Forbidden):
    code = "grants_themselves"


class Dossier(Promising):
    """What the `rules` define under `signoffs` and `checklists` is asked for here."""

    class Signed(Happening):
        """One signature; `role` is the one it was given in. A deputy's counts for `person_id`."""

        TOPIC = "ticket.signed"
        signoff: str
        stage: int
        person_id: UUID
        deputy_id: UUID | None

        def apply(self, aggregate: Any) -> None:
            signature = Signature(self.role or "", self.person_id, self.deputy_id)
            earlier = aggregate.signatures.get(self.signoff, ())
            aggregate.signatures[self.signoff] = (*earlier, signature)

    class SignatureRefused(Happening):
        """The round is over; the next one begins from the start."""

        TOPIC = "ticket.signature-refused"
        signoff: str
        stage: int
        person_id: UUID
        deputy_id: UUID | None

        def apply(self, aggregate: Any) -> None:
            aggregate.signatures.pop(self.signoff, None)

    class Ticked(Happening):
        TOPIC = "ticket.ticked"
        checklist: str
        item: str

        def apply(self, aggregate: Any) -> None:
            ticks = aggregate.ticks.setdefault(self.checklist, {})
            ticks[self.item] = self.done_by

    class EvidenceAttached(Happening):
        """`digest` is the SHA-256 of the content, in hex; the content is stored beside."""

        TOPIC = "ticket.evidence-attached"
        digest: str
        kind: str
        media_type: str
        size_bytes: int
        name: Sealed

        def apply(self, aggregate: Any) -> None:
            attached = Attachment(self.kind, self.digest, self.media_type, self.name)
            aggregate.attachments.append(attached)

    class EvidenceLabelled(Happening):
        """How secret an attachment is, by a label of the packs."""

        TOPIC = "ticket.evidence-labelled"
        digest: str
        label: str

        def apply(self, aggregate: Any) -> None:
            aggregate.evidence_labels[self.digest] = self.label

    class EvidenceGranted(Happening):
        """Somebody may see an attachment whatever its label."""

        TOPIC = "ticket.evidence-granted"
        digest: str
        to_id: UUID

        def apply(self, aggregate: Any) -> None:
            aggregate.evidence_grants.setdefault(self.digest, set()).add(self.to_id)

    def _start_keeping(self) -> None:
        super()._start_keeping()
        self.evidence_labels: dict[str, str] = {}
        self.evidence_grants: dict[str, set[UUID]] = {}
        self.signatures: dict[str, tuple[Signature, ...]] = {}
        self.ticks: dict[str, dict[str, frozenset[str]]] = {}
        self.attachments: list[Attachment] = []

    @property
    def evidence_digests(self) -> list[str]:
        return sorted({attached.digest for attached in self.attachments})

    def look(self, path: str, at: datetime) -> Any:
        where, _, name = path.partition(".")
        if where == "evidence":
            return sum(attached.kind == name for attached in self.attachments)
        if where == "signed" and name in self.rules.signoffs:
            return self.is_signed(name, at)
        if where in ("ticked", "complete") and name in self.rules.checklists:
            ticks = self.ticks.get(name, {})
            missing = self.rules.checklists[name].missing(ticks)
            return sorted(ticks) if where == "ticked" else not missing
        return super().look(path, at)

    def signing(self, name: str) -> Signing:
        """How far the present round has come. Raises NoSignoff."""
        signoff = self.rules.signoffs.get(name)
        if signoff is None:
            known = ", ".join(self.rules.signoffs) or "-"
            raise NoSignoff(f"there is no sign-off {name}; there are: {known}", field="signoff")
        return Signing(signoff, self.signatures.get(name, ()))

    def is_asked(self, name: str, at: datetime) -> bool:
        """Whether this sign-off is needed here. Raises NoSignoff."""
        return self.signing(name).signoff.is_asked(lambda path: self.look(path, at))

    def is_signed(self, name: str, at: datetime) -> bool:
        """Whether nothing is missing; so it is where none is asked for. Raises NoSignoff."""
        return self.signing(name).is_complete or not self.is_asked(name, at)

    def sign(self, name: str, role: str, verdict: Verdict, *, act: Act) -> None:
        """Say yes, or with a reason no, in a role that one holds, when it is its turn.

        Raises NoSignoff, Invalid, Forbidden, SignoffNotAsked, NotYourTurn, SamePersonSigns …
        """
        self._must_be_open()
        signing, signature = self.signing(name), _signature(role, act)
        signing.signoff.must_be_open(lambda path: self.look(path, act.at))
        said = {
            "signoff": name,
            "stage": signing.stage,
            "person_id": signature.person_id,
            "deputy_id": signature.deputy_id,
        }
        in_role = replace(act, role=role)
        if verdict == "refused":
            signing.must_take(signature, act.roles)
            act.must_give_reason()
            self._record(self.SignatureRefused, in_role, **said)
        elif signing.signed(signature, act.roles) is not signing:
            self._record(self.Signed, in_role, **said)

    def tick(self, name: str, item: str, *, act: Act) -> None:
        """Tick an item. Said twice, done once. Raises NoChecklist, Forbidden, OutOfOrder …"""
        self._must_be_open()
        checklist = self._checklist(name)
        self._must_tick(checklist, act)
        hands = frozenset({act.by, act.acting_for or act.by})
        if checklist.takes(item, self.ticks.get(name, {}), hands):
            self._record(self.Ticked, act, checklist=name, item=item)

    def attach_evidence(
        self, *, digest: str, kind: str, media_type: str, size_bytes: int, name: str, act: Act
    ) -> None:
        """Anybody may show how things are, at any time. The same as the same kind: done once.

        Raises Invalid, EvidenceTooLarge.
        """
        must_be_attachable(kind, media_type, size_bytes, name)
        if all((known.kind, known.digest) != (kind, digest) for known in self.attachments):
            self._record(
                self.EvidenceAttached,
                act,
                digest=digest,
                kind=kind,
                media_type=media_type,
                size_bytes=size_bytes,
                name=Sealed.of(self.subject, name, name="name", limit=NAME_LIMIT),
            )

    def label_evidence(self, digest: str, label: str, *, act: Act) -> None:
        """Say how secret it is, once for all; the same again adds nothing.

        Raises NoEvidence, LabelledOtherwise.
        """
        self._must_have(digest)
        known = self.evidence_labels.get(digest)
        if known is not None and known != label:
            raise LabelledOtherwise(f"this is {known}, and stays so", field="label", rule="PR-04")
        if known is None:
            self._record(self.EvidenceLabelled, act, digest=digest, label=label)

    def grant_evidence(self, digest: str, to_id: UUID, *, act: Act) -> None:
        """With a reason, and never to oneself. Raises NoEvidence, GrantsThemselves, Invalid."""
        act.must_give_reason()
        self._must_have(digest)
        refusal = GrantsThemselves("nobody opens an attachment to themselves", rule="PR-04")
        must_be_another({staff_ref(to_id)}, act, refusal)
        if to_id not in self.evidence_grants.get(digest, ()):
            self._record(self.EvidenceGranted, act, digest=digest, to_id=to_id)

    def _must_have(self, digest: str) -> None:
        if digest not in self.evidence_digests:
            raise NoEvidence(f"no evidence {digest} on this ticket", field="digest")

    def _must_be_open(self) -> None:
        """Answered by each kind."""
        raise NotImplementedError

    def _checklist(self, name: str) -> Checklist:
        if name not in self.rules.checklists:
            known = ", ".join(self.rules.checklists) or "-"
            raise NoChecklist(
                f"there is no checklist {name}; there are: {known}", field="checklist"
            )
        return self.rules.checklists[name]

    def _must_tick(self, checklist: Checklist, act: Act) -> None:
        standing = any(act.stands_for(self.standing(s)) for s in checklist.by & STANDINGS)
        if not (standing or "anyone" in checklist.by or checklist.by & act.roles):
            who = ", ".join(sorted(checklist.by))
            raise Forbidden(f"{checklist.title} is ticked by: {who}", rule=checklist.rule)


def _signature(role: str, act: Act) -> Signature:
    """Raises Forbidden for whoever is not staff."""
    if not act.by.startswith(STAFF_PREFIX):
        raise Forbidden("only staff sign", field="role")
    signer_id = UUID(act.by.removeprefix(STAFF_PREFIX))
    if act.acting_for is None:
        return Signature(role, signer_id)
    return Signature(role, UUID(act.acting_for.removeprefix(STAFF_PREFIX)), signer_id)
