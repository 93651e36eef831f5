"""What happens to a client between managers, as two views tell it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from typing import Any

from domain.client import Client
from domain.ownership import OwnershipTerms
from tests.support.facts import C1, C2, C3, LI_NA, M1, NOON, WANG_FANG, act, because, said

DAY = timedelta(days=1)
TERMS = OwnershipTerms(invalid_channels=frozenset({"sms"}), invalid_in_row=2, invalid_rule="OW-05")
SOUTH: dict[str, Any] = {"territories": {"south"}}
NOBODY: dict[str, Any] = {"owner_id": None, "manager_id": None}


def reassign(client: Client) -> None:
    client.reassign(LI_NA, "other", terms=TERMS, **SOUTH, act=because(by=M1))


def follow_up(client: Client) -> None:
    client.follow_up("call", terms=TERMS, act=act(LI_NA))


def detect(client: Client) -> None:
    client.detect_duplicate(C3, ["phone"], **NOBODY, act=act("system:duplicates"))


def propose(client: Client) -> None:
    client.propose_blacklisting(
        "orders", evidence=["欠款"], review_at=NOON + DAY, act=because("多次拒付")
    )


NOON_TEXT = NOON.astimezone(UTC).isoformat()

FOUND = {
    "other_id": str(C3),
    "alike": ["phone"],
    "verdict": None,
    "detected_at": NOON_TEXT,
    "owner_id": None,
    "manager_id": None,
}
DECIDED = FOUND | {"verdict": "dismiss", "rule": None, "decided_by": f"staff:{M1}"}
FIRST = {
    "staff_id": str(WANG_FANG),
    "since": NOON_TEXT,
    "until": NOON_TEXT,
    "rule": "grant",
    "ended_by": f"staff:{M1}",
    "why": "released",
}
SAID = {
    "blacklist": "proposed",
    "blacklist_scope": "orders",
    "blacklist_reason": said(C1, "多次拒付"),
    "evidence": [said(C1, "欠款")],
    "blacklist_proposed_by": f"staff:{LI_NA}",
    "review_at": NOON + DAY,
}
GONE = {name: [] if name == "evidence" else None for name in SAID}
LISTED = {"is_blacklisted": True, "blacklist_scope": "orders"}
GIVEN = {"manager_id": WANG_FANG, "managed_since": NOON, "managed_by_rule": "grant"}

Changes = dict[str, Any]

OWNED: Sequence[tuple[type[Any], Callable[[Client], None], Changes, Changes]] = [
    (
        Client.Placed,
        lambda c: c.place("south", by_id=LI_NA, territories={"north"}, act=act()),
        {},
        {"territory": "south", "foreign_to_id": LI_NA},
    ),
    (
        Client.CrossingAuthorised,
        lambda c: c.authorise_crossing(LI_NA, act=because(by=M1)),
        {},
        {"foreign_to_id": None},
    ),
    (Client.Assigned, lambda c: c.assign(WANG_FANG, "grant", **SOUTH, act=act(M1)), {}, GIVEN),
    (Client.ReassignmentProposed, reassign, {}, {"passes_to_id": LI_NA}),
    (
        Client.ReassignmentRejected,
        lambda c: c.reject_reassignment(act=because(by=WANG_FANG)),
        {},
        {"passes_to_id": None},
    ),
    (
        Client.FollowedUp,
        follow_up,
        {},
        {
            "follow_ups": [
                {"at": NOON_TEXT, "by": f"staff:{LI_NA}", "channel": "call"},
            ]
        },
    ),
    (
        Client.OwnershipVoided,
        lambda c: c.void_ownership(act=because(by=M1)),
        {},
        dict.fromkeys(GIVEN) | {"managers": [FIRST]},
    ),
    (Client.DuplicateDetected, detect, {}, {"duplicates": [FOUND], "is_duplicate": True}),
    (
        Client.DuplicateDecided,
        lambda c: c.decide_duplicate(C3, "dismiss", act=because(by=M1)),
        {},
        {"duplicates": [DECIDED], "is_duplicate": False},
    ),
    (Client.BlacklistingProposed, propose, {}, SAID),
    (
        Client.BlacklistingRejected,
        lambda c: c.reject_blacklisting(act=because(by=M1)),
        {},
        GONE,
    ),
    (Client.BlacklistingProposed, propose, {}, SAID),
    (
        Client.Blacklisted,
        lambda c: c.approve_blacklisting(act=act(M1)),
        LISTED,
        {"blacklist": "listed", "approved_by": f"staff:{M1}", "blacklisted_at": NOON},
    ),
    (
        Client.BlacklistReviewed,
        lambda c: c.review_blacklist(NOON + 2 * DAY, act=because()),
        {},
        {"review_at": NOON + 2 * DAY},
    ),
    (
        Client.BlacklistLifted,
        lambda c: c.lift_blacklist(act=because("已付清")),
        {"is_blacklisted": False, "blacklist_scope": None},
        GONE | {"approved_by": None, "blacklisted_at": None},
    ),
]
"""Each fact, how it comes about, and what it changes on the client's file and in its ownership."""

OF_OWNERSHIP: dict[type[Any], Changes] = {
    Client.Merged: {"merged_into_id": C2},
    Client.Unmerged: {"merged_into_id": None},
    Client.Erased: {"is_erased": True},
}
"""What of the rest of a client's story its ownership shows, too."""
