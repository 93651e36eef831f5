"""A scheme that has something of every kind, and a ladder of two levels."""

from __future__ import annotations

from typing import Any

import msgspec

from domain.ladder import Ladder
from domain.scheme import Scheme

SAID: dict[str, Any] = {
    "title": "季度考核",
    "period": "quarter",
    "groups": {
        "figures": {"title": "指标", "weight": "0.5"},
        "people": {"title": "评价", "weight": "0.5"},
    },
    "raters": {
        "head": {"title": "主管", "who": "superior", "weight": "0.5"},
        "clients": {"title": "客户", "who": "client", "roles": ["assessor"], "weight": "0.5"},
    },
    "indicators": {
        "visits": {"title": "拜访", "group": "figures", "kind": "planned"},
        "clients": {
            "title": "新客户",
            "group": "figures",
            "kind": "measured",
            "figure": {"pack": "am-activity", "report": "new_clients", "measure": "clients"},
        },
        "service": {"title": "服务", "group": "people"},
    },
    "kinds": {"notice": ["scheduled", "random"]},
    "check": {"hidden": ["random"], "methods": ["inquiry"]},
    "ranking": {
        "paid_in": [4, 7, 10, 1],
        "rewards": [
            {"ranks": [1, 3], "amount_minor_units": 150000},
            {"ranks": [4, 8], "amount_minor_units": 100000},
        ],
    },
    "appeal_days": 7,
    "pass_mark": 60,
    "revokes": ["cs_supervisor"],
    "copies": ["file", "manager"],
}

SCHEME = msgspec.convert(SAID, Scheme)

LADDER_SAID: dict[str, Any] = {
    "title": "客户经理等级",
    "supervises": True,
    "rule": "AM-05",
    "levels": [{"code": "trainee", "title": "见习"}, {"code": "grade2", "title": "二级"}],
}

LADDER = msgspec.convert(LADDER_SAID, Ladder)
