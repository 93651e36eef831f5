"""Tickets as people name them at the command line: by id, or by register number."""

from __future__ import annotations

from uuid import UUID

from application.views.ticket_register import TicketFilter, TicketRegister
from domain.errors import NotFound


def ticket_named(register: TicketRegister, name: str) -> UUID:
    """Raises NotFound, and for a number that several registers have given."""
    try:
        return UUID(name)
    except ValueError:
        pass
    rows = register.page(TicketFilter(number=name), before=None, limit=2)
    if len(rows) != 1:
        raise NotFound(f"{'several tickets have' if rows else 'no ticket has'} number {name}")
    return rows[0].ticket_id
