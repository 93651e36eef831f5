"""Evidence: what is attached to a ticket to show how things are. Its content lies elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.errors import Invalid
from domain.sealed import Sealed

RULE = "CT-10"
"""Customer service work is documented with evidence."""

SIZE_LIMIT = 10 * 1024 * 1024
"""Largest attachment, in bytes."""

NAME_LIMIT = 200
"""Longest name of an attachment, in characters."""

_OFFICE = "application/vnd.openxmlformats-officedocument"

MEDIA_TYPES = frozenset(
    {
        "application/pdf",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "text/plain",
        "text/csv",
        f"{_OFFICE}.wordprocessingml.document",
        f"{_OFFICE}.spreadsheetml.sheet",
        "audio/mpeg",
        "audio/wav",
        "audio/ogg",
        "video/mp4",
    }
)
"""What may be attached: nothing that holds other files, nothing that runs."""


class EvidenceTooLarge(Invalid):
    code = "evidence_too_large"


@dataclass(frozen=True)
class Attachment:
    """What a ticket knows of its evidence. `digest` is the SHA-256 of the content, in hex."""

    kind: str
    digest: str
    media_type: str
    name: Sealed


def must_be_attachable(kind: str, media_type: str, size_bytes: int, name: str) -> None:
    """Raises Invalid, EvidenceTooLarge, naming the field."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", kind):
        raise Invalid("a kind is one word, like receipt", field="kind", rule=RULE)
    if media_type not in MEDIA_TYPES:
        known = ", ".join(sorted(MEDIA_TYPES))
        raise Invalid(f"{media_type} is none of: {known}", field="media_type", rule=RULE)
    if not name.isprintable() or {"/", "\\"} & set(name):
        raise Invalid("the name of a file, on one line and without its folder", field="name")
    if size_bytes < 1:
        raise Invalid("there is nothing in it", field="content", rule=RULE)
    if size_bytes > SIZE_LIMIT:
        raise EvidenceTooLarge(
            f"{size_bytes} bytes, at most {SIZE_LIMIT}", field="content", rule=RULE
        )
