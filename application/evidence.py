"""What the application asks of the store of attachments, and what it gets back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from uuid import UUID

from domain.errors import DomainError


class EvidenceErased(DomainError):
    """Whom it was sealed for was erased, and it with them."""

    code = "person_erased"


class EvidenceStore(ABC):
    """Contents of attachments, sealed under a subject's key; the same content once a subject.

    Every method raises Unavailable when out of reach.
    """

    @abstractmethod
    def put(self, subject: UUID, digest: str, content: bytes) -> None:
        """Keep it; what is kept already stays as it is. Raises KeyDestroyed."""

    @abstractmethod
    def get(self, subject: UUID, digest: str) -> bytes | None:
        """The content; None where the key is gone, or nothing was kept."""
