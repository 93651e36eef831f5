"""Schemes and ladders of the packs in force: which there are, and which version holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from application.packs import Packs
from domain.assessment import Assessment
from domain.errors import NotFound, Refused
from domain.ladder import Ladder
from domain.pack_content import PackContent
from domain.scheme import Scheme


class SchemeNotInForce(Refused):
    code = "scheme_not_in_force"


@dataclass(frozen=True)
class Named:
    """A scheme, and the version of the pack it stands in."""

    content: PackContent
    name: str

    @property
    def scheme(self) -> Scheme:
        return self.content.schemes[self.name]

    def told(self) -> dict[str, Any]:
        """As data; each indicator, group and rater with its code."""
        said: dict[str, Any] = msgspec.to_builtins(self.scheme)
        for part in ("indicators", "groups", "raters"):
            said[part] = [{"code": code, **one} for code, one in said[part].items()]
        return {"code": self.name, "pack": self.content.pack, "version": self.content.version} | {
            name: said[name] for name in sorted(said)
        }


class Schemes:
    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    def all(self, at: datetime) -> list[Named]:
        return [Named(pack, name) for pack in self._packs.in_force(at) for name in pack.schemes]

    def named(self, name: str, at: datetime) -> Named:
        """The one in force. Raises NotFound; SchemeNotInForce for a mere draft (SA-10)."""
        for found in self.all(at):
            if found.name == name:
                return found
        if any(name in said.get("schemes", ()) for said in self._drafted()):
            said = f"no approved version of the scheme {name} is in force"
            raise SchemeNotInForce(said, rule="SA-10", field="scheme")
        raise NotFound(f"no scheme {name}", field="scheme")

    def of(self, assessment: Assessment) -> Named:
        """The one that it was opened under, whatever is in force now."""
        content = self._packs.content(assessment.pack, assessment.pack_version)
        return Named(content, assessment.scheme)

    def ladders(self, at: datetime) -> dict[str, Ladder]:
        return {n: one for pack in self._packs.in_force(at) for n, one in pack.ladders.items()}

    def ladder(self, name: str, at: datetime) -> Ladder:
        """Raises NotFound."""
        try:
            return self.ladders(at)[name]
        except KeyError:
            raise NotFound(f"no ladder {name}", field="ladder") from None

    def _drafted(self) -> list[dict[str, Any]]:
        return [said for pack in self._packs.shelf().values() for said in pack.contents.values()]
