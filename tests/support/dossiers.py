"""A pack that asks for signatures and ticks, and tickets of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.aggregate import Act
from domain.pack_content import PackContent
from domain.procedure import Procedure
from domain.rulebook import Rulebook
from domain.ticket import Ticket
from tests.support.facts import LI_NA, M1, M2, WANG_FANG, ZHAO_LEI, opened, shipped_pack
from tests.support.facts import act as plain_act
from tests.support.promises import loaded, rulebook_of

SIGNED = {"value": "signed.solution", "is": True}

REVIEW_PACK: Mapping[str, Any] = {
    **shipped_pack("consultation"),
    "pack": "review",
    "version": 1,
    "signoffs": {
        "solution": {
            "title": "会签",
            "chain": [
                "production",
                {"all": ["qc", "technology"]},
                {"any": ["director", "finance"]},
            ],
            "rule": "CH-16",
        },
        "visit": {
            "title": "走访审批",
            "chain": ["cs_supervisor", "director"],
            "distinct": False,
            "when": {"value": "opened.channel", "is": "letter"},
            "after": ["noted"],
            "rule": "CH-17",
        },
    },
    "checklists": {
        "five_clears": {
            "title": "五清",
            "items": {"listen": "听清", "ask": "问清", "write": "记清"},
            "rule": "CH-27",
        },
        "handover": {
            "title": "交接",
            "items": {"packed": "已装", "counted": "已点", "checked": "已核"},
            "by": ["first_contact", "warehouse"],
            "ordered": True,
            "distinct": True,
            "rule": "LG-08",
        },
        "doors": {"title": "巡查", "items": {"front": "前门", "back": "后门"}, "by": ["anyone"]},
    },
    "guards": [
        {"rule": "CH-16", "upon": ["closed"], "refuse_when": {"not": SIGNED}, "says": "先会签"}
    ],
}
"""The consultation; it is closed once the solution is signed."""

REVIEW: Procedure = PackContent.read(REVIEW_PACK).procedure
RULES: Rulebook = rulebook_of(REVIEW_PACK)

SIGNERS: Mapping[str, UUID] = {
    "production": LI_NA,
    "qc": WANG_FANG,
    "technology": ZHAO_LEI,
    "director": M1,
    "finance": M2,
}
"""Who signs the solution, by the role that is theirs."""


def act(by: UUID, *roles: str, reason: str | None = None, acting_for: UUID | None = None) -> Act:
    """An act by somebody of whom these roles are known."""
    told = plain_act(by, reason=reason, acting_for=acting_for)
    return replace(told, roles=frozenset(roles))


def reviewed(*commands: Callable[[Ticket], None], **otherwise: Any) -> Ticket:
    """A ticket of the pack after these commands, loaded; none of its facts is new."""
    ticket = opened(REVIEW, pack="review", rules=RULES, **otherwise)
    for command in commands:
        command(ticket)
    return loaded(ticket, RULES)


def signed(*roles: str) -> Callable[[Ticket], None]:
    """Signed by those who have the roles, in this order."""

    def sign(ticket: Ticket) -> None:
        for role in roles:
            ticket.sign("solution", role, "signed", act=act(SIGNERS[role], role))

    return sign


ALL_SIGN = signed("production", "technology", "qc", "director")
