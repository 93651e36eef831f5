"""Which roles may do what. Data: one row a permission, each role as in `domain.staff.ROLES`."""

from __future__ import annotations

from domain.errors import Forbidden
from domain.staff import ROLES

SYSTEM = "system"
"""The role of the desk's own processes and of the operator at the command line."""

_HANDLING = ROLES - {"policy_drafter", "policy_approver", "supervisor", "compliance_reviewer"}
"""Whoever serves: all but those who make the policies, and those who look on (AU-08)."""


PERMISSIONS: dict[str, frozenset[str]] = {
    "ticket.handle": _HANDLING,
    "ticket.import": frozenset({"administrator"}),
    "ticket.supervise": frozenset({"supervisor", "director"}),
    "ticket.remind": frozenset({"supervisor", "cs_supervisor", "director"}),
    "client.handle": _HANDLING,
    "client.merge": frozenset({"cs_officer", "cs_supervisor", "director"}),
    "client.blacklist": frozenset({"cs_supervisor", "director"}),
    "staff.manage": frozenset({"administrator"}),
    "staff.duty": _HANDLING,
    "pack.draft": frozenset({"policy_drafter", "administrator"}),
    "pack.approve": frozenset({"policy_approver", "director"}),
    "pack.publish": frozenset({"policy_approver", "director", "administrator"}),
    "obligation.approve": frozenset({"cs_supervisor", "director"}),
    "obligation.clock": frozenset(),
    "read": ROLES,
}
"""Supervisors and reviewers see all and handle nothing (AU-08)."""


def role_for(permission: str, roles: frozenset[str]) -> str:
    """The role that allows it. Raises Forbidden."""
    if SYSTEM in roles:
        return SYSTEM
    allowing = sorted(roles & PERMISSIONS[permission])
    if not allowing:
        wanted = ", ".join(sorted(PERMISSIONS[permission]))
        raise Forbidden(f"{permission} needs one of the roles: {wanted}", permission=permission)
    return allowing[0]
