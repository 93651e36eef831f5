"""Rows as plain data, sealed texts opened for who may read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from domain.sealed import ERASED, Sealed


def plain(value: Any, open_box: Callable[[str], str | None]) -> Any:
    """Rows as dicts; a sealed text as what it says, `[erased]` where its key is gone."""
    if isinstance(value, Sealed):
        return _said(value, open_box)
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name), open_box) for f in fields(value)}
    if isinstance(value, dict):
        return {k: plain(v, open_box) for k, v in value.items()}
    return [plain(v, open_box) for v in value] if isinstance(value, list) else value


def _said(sealed: Sealed, open_box: Callable[[str], str | None]) -> str:
    text = sealed.text
    if text is None and sealed.box is not None:
        text = open_box(sealed.box)
    return ERASED if text is None else text
