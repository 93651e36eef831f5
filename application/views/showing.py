"""Rows as plain data, sealed texts opened for who may read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import msgspec

from domain.sealed import ERASED, Sealed

_AS_THEY_ARE = frozenset({str, int, bool, float, type(None), UUID, datetime})


def plain(value: Any, open_box: Callable[[str], str | None]) -> Any:
    """Rows as dicts; a sealed text as what it says, `[erased]` where its key is gone."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Sealed):
        return _said(value, open_box)
    if is_dataclass(value):
        return {name: plain(getattr(value, name), open_box) for name in _names(value.__class__)}
    if isinstance(value, dict):
        return {k: plain(v, open_box) for k, v in value.items()}
    return [plain(v, open_box) for v in value] if isinstance(value, list) else value


def shallow(row: Any) -> dict[str, Any]:
    """The fields of a row as they are."""
    return {name: getattr(row, name) for name in _names(row.__class__)}


def encoded(value: Any, open_box: Callable[[str], str | None]) -> bytes:
    """What `plain` makes of it, as JSON, without making it first."""
    return msgspec.json.encode(value, enc_hook=partial(_hook, open_box))


def _hook(open_box: Callable[[str], str | None], value: Any) -> str:
    if isinstance(value, Sealed):
        return _said(value, open_box)
    raise TypeError(f"{type(value)} is not shown")


@cache
def _names(row: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(row))


def _said(sealed: Sealed, open_box: Callable[[str], str | None]) -> str:
    text = sealed.text
    if text is None and sealed.box is not None:
        text = open_box(sealed.box)
    return ERASED if text is None else text
