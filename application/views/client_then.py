"""Clients as they were."""

from __future__ import annotations

from application.views.client_file import ClientFileView, ClientRow
from application.views.then import RowsThen, ThenView, then_row


class ClientThenView(ThenView[ClientRow]):
    name = "client_then"
    of = ClientFileView()
    began = "registered_position"
    changing = (
        *("name", "details", "contacts", "attributes", "is_blacklisted", "blacklist_scope"),
        *("merged_into_id", "erasure", "holds", "consents"),
    )
    row = then_row(ClientRow, leave_out=("version", "position"))
    facts = ClientFileView.facts
    indexes = (
        "registered_position, from_recorded, to_recorded, from_occurred, to_occurred,"
        " client_id, place",
    )


ClientsThen = RowsThen[ClientRow, None]
"""The list is newest first: `after` is the position of a registration."""
