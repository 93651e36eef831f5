"""Commands on staff, and who a bearer token belongs to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from application.desk import Actor, Command, Desk
from application.permissions import role_for
from application.register import Receipt
from domain.aggregate import Act, staff_ref
from domain.errors import DomainError, Forbidden, NotAuthenticated
from domain.staff import Credential, Staff

TOKEN_PREFIX = "yice"


@dataclass(frozen=True, kw_only=True)
class RegisterStaff(Command):
    PERMISSION: ClassVar[str] = "staff.manage"
    name: str
    unit: str = "main"
    staff_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class StaffCommand(Command):
    PERMISSION: ClassVar[str] = "staff.manage"
    staff_id: UUID


@dataclass(frozen=True, kw_only=True)
class TakePost(StaffCommand):
    post: str
    roles: tuple[str, ...]


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
    """Without `expires_at` it is good until it is revoked."""

    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RevokeCredential(StaffCommand):
    credential_id: str


@dataclass(frozen=True, kw_only=True)
class Leave(StaffCommand):
    pass


@dataclass(frozen=True)
class IssuedToken:
    """The token itself: shown to whoever asked for it, and stored nowhere."""

    token: str
    credential_id: str
    receipt: Receipt


class People:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

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

    def name_superior(self, command: NameSuperior) -> Receipt:
        def decide(staff: Staff, act: Act) -> None:
            self._desk.look_up(Staff, command.superior_id).must_serve()
            staff.name_superior(command.superior_id, act=act)

        return self._change(command, decide)

    def name_deputy(self, command: NameDeputy) -> Receipt:
        def decide(staff: Staff, act: Act) -> None:
            self._desk.look_up(Staff, command.deputy_id).must_serve()
            staff.name_deputy(command.deputy_id, start=command.start, end=command.end, act=act)

        return self._change(command, decide)

    def go_on_duty(self, command: GoOnDuty) -> Receipt:
        """Raises Forbidden for a colleague's duty, unless one manages staff."""
        _must_be_self(command)
        return self._change(command, lambda staff, act: staff.go_on_duty(act=act))

    def go_off_duty(self, command: GoOffDuty) -> Receipt:
        _must_be_self(command)
        return self._change(command, lambda staff, act: staff.go_off_duty(act=act))

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
        credential_id, secret = self._credential(command)
        digest = hashlib.sha256(secret.encode()).hexdigest()
        receipt = self._change(
            command,
            lambda staff, act: staff.issue_credential(
                credential_id, digest, expires_at=command.expires_at, act=act
            ),
        )
        token = f"{TOKEN_PREFIX}_{command.staff_id.hex}_{credential_id}_{secret}"
        return IssuedToken(token, credential_id, receipt)

    def revoke_credential(self, command: RevokeCredential) -> Receipt:
        return self._change(
            command, lambda staff, act: staff.revoke_credential(command.credential_id, act=act)
        )

    def leave(self, command: Leave) -> Receipt:
        return self._change(command, lambda staff, act: staff.leave(act=act))

    def authenticate(
        self, token: str, now: datetime, about: Callable[[], Iterable[UUID]] = tuple
    ) -> Actor:
        """Whose token this is. Asks the register, so a revocation holds from its commit on.

        In the same question it asks for what their request is `about`, which is good until
        `forget_request`; but only if the token was good when it was last looked at, so that a
        stranger has nothing read for them. Raises NotAuthenticated.
        """
        try:
            prefix, staff_hex, credential_id, secret = token.split("_")
            staff_id = UUID(hex=staff_hex)
            at_hand = self._desk.at_hand(Staff, staff_id)
            was_good = at_hand is not None and _credential_of(at_hand, credential_id, secret)
            self._desk.read_ahead([staff_id, *(about() if was_good else ())])
            staff = self._desk.look_up(Staff, staff_id)
        except (ValueError, DomainError):
            raise NotAuthenticated("this token is not known here") from None
        known = _credential_of(staff, credential_id, secret)
        if prefix != TOKEN_PREFIX or known is None:
            raise NotAuthenticated("this token is not known here, or no longer")
        if known.expires_at is not None and known.expires_at <= now:
            raise NotAuthenticated(f"this token expired at {known.expires_at.isoformat()}")
        return Actor(staff_ref(staff.id), staff.roles, staff.id, staff.unit)

    def forget_request(self) -> None:
        self._desk.forget_ahead()

    def _credential(self, command: IssueCredential) -> tuple[str, str]:
        """Id and secret of the token that this command makes, whenever it is repeated."""
        said = f"{command.by.ref}\n{command.command_id}\n{command.staff_id}".encode()
        made = hmac.new(self._desk.keys.secret("tokens"), said, hashlib.sha512).digest()
        secret = base64.b32encode(made[8:40]).decode().rstrip("=").lower()
        return made[:8].hex(), secret

    def _change(self, command: StaffCommand, decide: Callable[[Staff, Act], None]) -> Receipt:
        return self._desk.change(Staff, command.staff_id, command, decide)


def _must_be_self(command: GoOnDuty) -> None:
    if command.staff_id != command.by.staff_id:
        try:
            role_for("staff.manage", command.by.roles)
        except Forbidden:
            raise Forbidden("only one's own duty", field="staff_id") from None


def _credential_of(staff: Staff, credential_id: str, secret: str) -> Credential | None:
    """What the secret is for; None if it is not theirs, or no longer."""
    known = staff.credentials.get(credential_id)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    is_theirs = known is not None and hmac.compare_digest(known.secret_digest, digest)
    return known if is_theirs else None
