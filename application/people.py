"""Commands on staff, and who a bearer token belongs to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from application.bearer import Bearer
from application.desk import Actor, Command, Desk
from application.door import Identity, TokenTerms
from application.permissions import role_for
from application.register import Receipt
from domain.aggregate import Act, staff_ref
from domain.credential import SCOPES, Credential
from domain.errors import DomainError, Forbidden, NotAuthenticated
from domain.ladder import Ladder, must_stand_higher
from domain.staff import Staff


@dataclass(frozen=True, kw_only=True)
class RegisterStaff(Command):
    PERMISSION: ClassVar[str] = "staff.manage"
    name: str
    unit: str = "main"
    staff_id: UUID | None = None

    @property
    def begins_in(self) -> Collection[str]:
        return (self.unit,)


@dataclass(frozen=True, kw_only=True)
class StaffCommand(Command):
    PERMISSION: ClassVar[str] = "staff.manage"
    staff_id: UUID


@dataclass(frozen=True, kw_only=True)
class TakePost(StaffCommand):
    post: str
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GrantRole(StaffCommand):
    """From `start`, or now, up to `end`, or until it is revoked; in one unit, or everywhere."""

    role: str
    unit: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RevokeRole(StaffCommand):
    """Of that unit, or the one for everywhere."""

    role: str
    unit: str | None = None


@dataclass(frozen=True, kw_only=True)
class NameSuperior(StaffCommand):
    superior_id: UUID


@dataclass(frozen=True, kw_only=True)
class NameDeputy(StaffCommand):
    deputy_id: UUID
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class GoOnDuty(StaffCommand):
    PERMISSION: ClassVar[str] = "staff.duty"


@dataclass(frozen=True, kw_only=True)
class GoOffDuty(GoOnDuty):
    pass


@dataclass(frozen=True, kw_only=True)
class GrantCompetence(StaffCommand):
    """Without `expires_at` the certificate is good until it is withdrawn."""

    competence: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WithdrawCompetence(StaffCommand):
    competence: str


@dataclass(frozen=True, kw_only=True)
class IssueCredential(StaffCommand):
    """Without `expires_at` it is good as long as is usual; without `scopes` for all there are."""

    LATER: ClassVar[frozenset[str]] = frozenset({"scopes"})
    expires_at: datetime | None = None
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class RotateCredential(StaffCommand):
    """One for another; the old one stays good for the grace, so that no answer can be lost."""

    PERMISSION: ClassVar[str] = "read"
    credential_id: str
    expires_at: datetime | None = None
    grace: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class RevokeCredential(StaffCommand):
    credential_id: str


@dataclass(frozen=True, kw_only=True)
class Leave(StaffCommand):
    pass


@dataclass(frozen=True)
class IssuedToken:
    """The token itself: shown to whoever asked for it, and stored nowhere."""

    token: str = field(repr=False)
    credential_id: str
    receipt: Receipt


class WrongToken(NotAuthenticated):
    """`staff_id`: whose it says it is, if that is somebody."""

    def __init__(self, detail: str, staff_id: UUID | None = None) -> None:
        super().__init__(detail)
        self.staff_id = staff_id


class People:
    """`ladders`: those of the packs in force then, by which superiors stand higher."""

    def __init__(
        self,
        desk: Desk,
        terms: TokenTerms | None = None,
        ladders: Callable[[datetime], Mapping[str, Ladder]] = lambda _: {},
    ) -> None:
        self._desk, self._terms, self._ladders = desk, terms or TokenTerms(), ladders

    def register(self, command: RegisterStaff) -> Receipt:
        def make(act: Act) -> Staff:
            staff_id = command.staff_id or uuid4()
            return Staff.register(
                staff_id,
                name=command.name,
                unit=command.unit,
                key_commitment=self._desk.keys.create(staff_id),
                act=act,
            )

        return self._desk.create(command, make)

    def take_post(self, command: TakePost) -> Receipt:
        return self._change(
            command, lambda staff, act: staff.take_post(command.post, command.roles, act=act)
        )

    def grant_role(self, command: GrantRole) -> Receipt:
        return self._change(
            command,
            lambda staff, act: staff.grant_role(
                command.role,
                unit=command.unit,
                start=command.start or command.at,
                end=command.end,
                act=act,
            ),
        )

    def revoke_role(self, command: RevokeRole) -> Receipt:
        return self._change(
            command,
            lambda staff, act: staff.revoke_role(command.role, unit=command.unit, act=act),
        )

    def name_superior(self, command: NameSuperior) -> Receipt:
        def decide(staff: Staff, act: Act) -> None:
            superior = self._desk.look_up(Staff, command.superior_id)
            superior.must_serve()
            must_stand_higher(
                self._ladders(act.at), superior.levels_at(act.at), staff.levels_at(act.at)
            )
            staff.name_superior(command.superior_id, act=act)

        return self._change(command, decide)

    def name_deputy(self, command: NameDeputy) -> Receipt:
        def decide(staff: Staff, act: Act) -> None:
            self._desk.look_up(Staff, command.deputy_id).must_serve()
            staff.name_deputy(command.deputy_id, start=command.start, end=command.end, act=act)

        return self._change(command, decide)

    def go_on_duty(self, command: GoOnDuty) -> Receipt:
        """Raises Forbidden for a colleague's duty, unless one manages staff."""

        def decide(staff: Staff, act: Act) -> None:
            _must_be_self(command, staff)
            staff.go_on_duty(act=act)

        return self._change(command, decide)

    def go_off_duty(self, command: GoOffDuty) -> Receipt:
        def decide(staff: Staff, act: Act) -> None:
            _must_be_self(command, staff)
            staff.go_off_duty(act=act)

        return self._change(command, decide)

    def grant_competence(self, command: GrantCompetence) -> Receipt:
        return self._change(
            command,
            lambda staff, act: staff.grant_competence(
                command.competence, expires_at=command.expires_at, act=act
            ),
        )

    def withdraw_competence(self, command: WithdrawCompetence) -> Receipt:
        return self._change(
            command, lambda staff, act: staff.withdraw_competence(command.competence, act=act)
        )

    def issue_credential(self, command: IssueCredential) -> IssuedToken:
        """A new bearer token. The same command again gives the same token again."""

        def decide(staff: Staff, act: Act, made: Bearer) -> None:
            staff.issue_credential(
                made.credential_id,
                made.digest,
                expires_at=self._terms.expiry(command.expires_at, command.received_at),
                scopes=SCOPES if command.scopes is None else command.scopes,
                act=act,
            )

        return self._issued(command, decide)

    def rotate_credential(self, command: RotateCredential) -> IssuedToken:
        """A new token for the same, said again as above.

        Everybody may do it with the one they ask with. Raises Forbidden for another, unless one
        manages staff.
        """
        _must_be_asked_with(command)

        def decide(staff: Staff, act: Act, made: Bearer) -> None:
            staff.replace_credential(
                command.credential_id,
                made.credential_id,
                made.digest,
                expires_at=self._terms.expiry(command.expires_at, command.received_at),
                grace=command.grace,
                act=act,
            )

        return self._issued(command, decide)

    def revoke_credential(self, command: RevokeCredential) -> Receipt:
        return self._change(
            command, lambda staff, act: staff.revoke_credential(command.credential_id, act=act)
        )

    def leave(self, command: Leave) -> Receipt:
        return self._change(command, lambda staff, act: staff.leave(act=act))

    def credentials(self, staff_id: UUID) -> Mapping[str, Credential]:
        """Those that were not revoked, by their ids, from the register. Raises NotFound."""
        return self._desk.look_up(Staff, staff_id).credentials

    def was_good(self, token: str) -> bool:
        """Whether it was, as far as this process knows; the register is not asked."""
        try:
            bearer = Bearer.read(token)
        except ValueError:
            return False
        return self._was_good(bearer)

    def authenticate(
        self, token: str, now: datetime, about: Callable[[], Iterable[UUID]] = tuple
    ) -> Actor:
        """Whose token this is. Asks the register, so a revocation holds from its commit on.

        In the same question it asks for what their request is `about`, which is good until
        `forget_request`; but only if the token was good when it was last looked at, so that a
        stranger has nothing read for them. Raises WrongToken, NotAuthenticated.
        """
        try:
            bearer = Bearer.read(token)
            ids = about() if self._was_good(bearer) else ()
            self._desk.read_ahead([bearer.staff_id, *ids])
            staff = self._desk.look_up(Staff, bearer.staff_id)
        except (ValueError, DomainError):
            raise WrongToken("this token is not known here") from None
        known = bearer.credential_of(staff)
        if known is None:
            raise WrongToken("this token is not known here, or no longer", staff.id)
        if known.expires_at is not None and not known.is_good(now):
            raise NotAuthenticated(f"this token expired at {known.expires_at.isoformat()}")
        return _actor(staff, now, bearer.credential_id, known.scopes)

    def recognised(self, identity: Identity, now: datetime) -> Actor:
        """Who it is that somebody else vouches for. Raises NotAuthenticated."""
        try:
            staff = self._desk.look_up(Staff, identity.staff_id)
            staff.must_serve()
        except DomainError:
            raise NotAuthenticated("nobody of that name serves here, or no longer") from None
        return _actor(staff, now, None, identity.scopes)

    def forget_request(self) -> None:
        self._desk.forget_ahead()

    def _was_good(self, bearer: Bearer) -> bool:
        known = self._desk.at_hand(Staff, bearer.staff_id)
        return known is not None and bearer.credential_of(known) is not None

    def _issued(
        self,
        command: IssueCredential | RotateCredential,
        decide: Callable[[Staff, Act, Bearer], None],
    ) -> IssuedToken:
        """The token that this command makes, whenever it is repeated."""
        said = f"{command.by.ref}\n{command.command_id}\n{command.staff_id}"
        made = Bearer.made(command.staff_id, self._desk.keys.secret("tokens"), said)
        receipt = self._change(command, lambda staff, act: decide(staff, act, made))
        return IssuedToken(made.text, made.credential_id, receipt)

    def _change(self, command: StaffCommand, decide: Callable[[Staff, Act], None]) -> Receipt:
        return self._desk.change(Staff, command.staff_id, command, decide)


def _must_be_self(command: GoOnDuty, staff: Staff) -> None:
    if command.staff_id != command.by.staff_id:
        try:
            role_for("staff.manage", command.by.roles_in(staff.units))
        except Forbidden:
            raise Forbidden("only one's own duty", field="staff_id") from None


def _must_be_asked_with(command: RotateCredential) -> None:
    """Raises Forbidden."""
    by = command.by
    if (by.staff_id, by.credential_id) != (command.staff_id, command.credential_id):
        role_for("staff.manage", by.roles)


def _actor(staff: Staff, now: datetime, credential_id: str | None, scopes: frozenset[str]) -> Actor:
    return Actor(
        ref=staff_ref(staff.id),
        roles=staff.roles_at(now),
        staff_id=staff.id,
        unit=staff.unit,
        unit_roles=staff.roles_in_units(now),
        credential_id=credential_id,
        scopes=scopes,
    )
