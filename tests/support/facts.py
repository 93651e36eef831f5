"""What tests on every floor begin with: who, when, and what has happened since. All made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml

from domain.aggregate import Act, Aggregate, staff_ref
from domain.client import Client
from domain.pack_content import PackContent
from domain.procedure import Procedure
from domain.sealed import Sealed
from domain.staff import Staff
from domain.ticket import Ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, tzinfo=SHANGHAI)
"""A Monday."""


def _made_up(kind: int, number: int) -> UUID:
    return UUID(int=kind << 96 | 0x4000 << 64 | 0x8 << 60 | number)


LI_NA, WANG_FANG, ZHAO_LEI, M1, M2 = (_made_up(0xA, number) for number in range(1, 6))
"""Staff. Li Na takes matters in, M1 is her superior, M2 stands in for M1."""

C1, C2, C3 = (_made_up(0xC, number) for number in range(1, 4))
"""Clients."""

T1, T2 = (_made_up(0xE, number) for number in range(1, 3))
"""Tickets."""

KEY_COMMITMENT = "c0" * 32

_command_numbers = count(1)

A = TypeVar("A", bound=Aggregate)


def act(
    by: UUID | str = LI_NA,
    at: datetime = NOON,
    *,
    reason: str | None = None,
    acting_for: UUID | None = None,
    role: str | None = "cs_officer",
    roles: Iterable[str] = (),
    command_id: str | None = None,
) -> Act:
    """`by`: a member of staff, or a whole reference like `system:release`."""
    return Act(
        by=by if isinstance(by, str) else staff_ref(by),
        at=at,
        command_id=command_id or f"command-{next(_command_numbers)}",
        acting_for=acting_for and staff_ref(acting_for),
        role=role,
        reason=reason,
        roles=frozenset(roles),
    )


def because(reason: str = "因故", *, by: UUID | str = LI_NA, acting_for: UUID | None = None) -> Act:
    """An act with a reason."""
    return act(by, reason=reason, acting_for=acting_for)


def replay(facts: Iterable[Aggregate.Event]) -> Any:
    """The aggregate that these facts, from the first on, make."""
    aggregate: Any = None
    for fact in facts:
        aggregate = fact.mutate(aggregate)
    return aggregate


def given(aggregate: A, *commands: Callable[[A], None]) -> A:
    """The aggregate after these commands, loaded from its facts; none of them is new any more."""
    for command in commands:
        command(aggregate)
    return cast(A, replay(facts_of(aggregate)))


def facts_of(aggregate: Aggregate) -> list[Aggregate.Event]:
    """The new facts, in order; they stay new."""
    return cast(list[Aggregate.Event], list(aggregate.pending_events))


def new_facts(aggregate: Aggregate) -> list[type[Aggregate.Event]]:
    return [type(fact) for fact in facts_of(aggregate)]


def new_fact(aggregate: Aggregate) -> Any:
    """The one new fact that there is."""
    [fact] = facts_of(aggregate)
    return fact


def event_classes(aggregate: type[Aggregate]) -> list[type[Aggregate.Event]]:
    """Every kind of fact that this aggregate can tell."""
    return [
        kind
        for name, kind in vars(aggregate).items()
        if isinstance(kind, type) and issubclass(kind, Aggregate.Event) and name != "Event"
    ]


def said(subject: UUID, text: str) -> Sealed:
    return Sealed(subject, text)


PACKS = Path(__file__).resolve().parents[2] / "domain" / "packs"


def shipped_pack(name: str) -> dict[str, Any]:
    """The content of a pack that this release brings, without the day it holds from."""
    file = yaml.safe_load((PACKS / f"{name}.yaml").read_text("utf-8"))
    return {key: value for key, value in file.items() if key != "effective_from"}


def promising_pack() -> dict[str, Any]:
    """Version 2 of the consultation, with obligations and a phrase guard; not shipped."""
    text = (Path(__file__).with_name("packs") / "consultation_2.yaml").read_text("utf-8")
    return {key: value for key, value in yaml.safe_load(text).items() if key != "effective_from"}


def supervised_pack() -> dict[str, Any]:
    """The same; what is due in four hours is said, and what is missed is told three levels up."""
    content = promising_pack()
    hours = {"warn_hours": 4, "supervise_hours": [0, 24, 48]}
    obligations = {name: rule | hours for name, rule in content["obligations"].items()}
    return content | {"obligations": obligations}


CONSULTATION: Procedure = PackContent.read(shipped_pack("consultation")).procedure

INSTALLATION_PACK: Mapping[str, Any] = {
    "pack": "installation",
    "version": 1,
    "title": "安装",
    "procedure": {
        "register": "installation",
        "initial": "registered",
        "final": ["closed"],
        "channels": ["phone", "walk_in"],
        "decline_reasons": ["overloaded"],
        "steps": {
            "survey": {
                "title": "现场勘查",
                "from": ["registered"],
                "to": "surveyed",
                "needs": ["slip"],
                "form": {
                    "address": {"title": "地址", "required": True, "sealed": True},
                    "room": {"title": "房间"},
                    "sockets": {"title": "插座数", "type": "integer"},
                    "indoors": {"title": "室内", "type": "boolean"},
                    "on": {"title": "日期", "type": "date"},
                    "line": {"title": "线路", "type": "choice", "choices": ["cable", "fibre"]},
                },
            },
            "connect": {"title": "接通", "from": ["surveyed"], "to": "connected"},
            "complete": {
                "title": "办结",
                "from": ["connected"],
                "to": "completed",
                "fact": "completed",
            },
            "close": {"title": "结案", "from": ["completed"], "to": "closed", "fact": "closed"},
        },
    },
    "documents": {"posture": "站姿:目光平视前方"},
    "templates": {"reply": "{address},您好"},
    "reports": {
        "surveyed": {
            "title": "勘查率",
            "rule": "FR-10",
            "by": ["this.channel"],
            "measures": {
                "tickets": {"count": True},
                "surveyed": {"share": {"value": "count.survey", "above": 0}},
            },
            "target": {"value": 90, "measure": "surveyed"},
            "trend": True,
        },
    },
}
"""A pack with a form that has a field of every type, and a report."""

INSTALLATION: Procedure = PackContent.read(INSTALLATION_PACK).procedure

RECORDED_PACK: Mapping[str, Any] = {
    "pack": "old-log",
    "version": 1,
    "title": "旧日志",
    "procedure": {
        "register": "old-log",
        "initial": "registered",
        "final": ["closed"],
        "channels": ["online"],
        "recorded": True,
        "steps": {
            "assign": {
                "title": "分派",
                "to": "assigned",
                "form": {"seriousness": {"title": "等级"}},
            },
            "resolve": {"title": "解决", "from": ["assigned"], "to": "resolved"},
            "finish": {"title": "结束", "to": "closed"},
        },
    },
}
"""A log from elsewhere: steps in whatever order they came."""

RECORDED: Procedure = PackContent.read(RECORDED_PACK).procedure


def opened(procedure: Procedure = CONSULTATION, **otherwise: Any) -> Ticket:
    """A ticket of C1, taken in by Li Na; its first fact is new."""
    words: dict[str, Any] = {
        "client_id": C1,
        "channel": min(procedure.channels, default="phone"),
        "matter": "有线电视安装",
        "pack": procedure.register,
        "pack_version": 1,
        "procedure": procedure,
        "first_contact_id": LI_NA,
        "unit": "main",
        "year": 2026,
        "act": act(),
    }
    return Ticket.open(T1, **words | otherwise)


def registered_staff(staff_id: UUID = LI_NA, **otherwise: Any) -> Staff:
    words: dict[str, Any] = {
        "name": "李某",
        "unit": "main",
        "key_commitment": KEY_COMMITMENT,
        "act": act("system:setup"),
    }
    return Staff.register(staff_id, **words | otherwise)


def registered_client(client_id: UUID = C1, **otherwise: Any) -> Client:
    words: dict[str, Any] = {
        "name": "王某",
        "kind": "person",
        "key_commitment": KEY_COMMITMENT,
        "act": act(),
    }
    return Client.register(client_id, **words | otherwise)
