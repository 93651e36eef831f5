"""Which roles may send which command: asked here, and nowhere else. The table is `domain.roles`."""

from __future__ import annotations

from domain.errors import Forbidden
from domain.roles import HOLDERS, PERMISSIONS

SYSTEM = "system"
"""The role of the desk's own processes and of the operator at the command line."""


def role_for(permission: str, roles: frozenset[str]) -> str:
    """The role that allows it. Raises Forbidden."""
    if SYSTEM in roles:
        return SYSTEM
    allowing = sorted(roles & HOLDERS[permission])
    if not allowing:
        wanted = ", ".join(sorted(HOLDERS[permission])) or "none: only the desk itself does that"
        raise Forbidden(
            f"{permission} needs one of the roles: {wanted}",
            rule=PERMISSIONS[permission].rule,
            permission=permission,
        )
    return allowing[0]


def is_allowed(permission: str, roles: frozenset[str]) -> bool:
    return SYSTEM in roles or bool(roles & HOLDERS[permission])
