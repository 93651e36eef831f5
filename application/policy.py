"""What the packs in force say to read: phrases, documents, templates, and what they still lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from application.packs import Packs
from domain.errors import NotFound
from domain.pack_content import PackContent


class Policy:
    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    def phrases(self, at: datetime, category: str | None = None) -> list[dict[str, str]]:
        """The phrase library (服务用语), each phrase with its category (LG-01, LG-03)."""
        return [
            {"category": name, "title": title, "text": text, "pack": pack.pack}
            for pack in self._packs.in_force(at)
            for name, title in pack.phrases.items()
            for text in pack.lists[name]
            if category in (None, name)
        ]

    def lists(self, at: datetime) -> dict[str, list[str]]:
        """Every list of words that the packs in force go by: codes, grounds, taxonomies."""
        packs = self._packs.in_force(at)
        return {name: list(words) for pack in packs for name, words in pack.lists.items()}

    def document(self, name: str, at: datetime) -> dict[str, Any]:
        """A document as it holds now, and the version of the pack it stands in (LG-11)."""
        for pack in self._packs.in_force(at):
            if name in pack.documents:
                version = {"pack": pack.pack, "version": pack.version}
                return {"name": name, "text": pack.documents[name], **version}
        raise NotFound(f"no document {name}", field="name")

    def rendered(self, name: str, words: Mapping[str, str], at: datetime) -> str:
        """A template with these words in their places (LG-04)."""
        for pack in self._packs.in_force(at):
            if name in pack.templates:
                return _filled(pack.templates[name], words)
        raise NotFound(f"no template {name}", field="name")

    def warnings(self, at: datetime) -> list[str]:
        """What the packs in force lack by their own account."""
        return [warning for pack in self._packs.in_force(at) for warning in _too_short(pack)]


def _filled(template: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        template = template.replace(f"{{{name}}}", word)
    return template


def _too_short(pack: PackContent) -> Iterable[str]:
    for name, wanted in pack.expects.items():
        found = len(pack.lists.get(name, ()))
        if found != wanted:
            yield f"{pack.pack}: list {name} has {found} entries, not {wanted}"
