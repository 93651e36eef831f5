"""What packs propose by themselves: the worker makes an entry, once, of what followed."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from application.conduct import Conduct, RecordMisconduct
from application.ledger import BY_RULES, Ledger, ProposeEntry
from application.register import Receipt
from application.views.ledger_claim import ClaimRow, Claims
from domain.errors import DomainError, Invalid
from domain.sealed import Sealed

BATCH = 100
"""How many are proposed in one round."""

log = logging.getLogger(__name__)


class LedgerClaims:
    """Several may run: the id of a command follows from the position that asks for it."""

    def __init__(self, ledger: Ledger, conduct: Conduct, claims: Claims) -> None:
        self._ledger, self._conduct, self._claims = ledger, conduct, claims
        self._refused = set[int]()

    def tick(self, now: datetime) -> int:
        """How many were proposed. What cannot be is logged once, and tried at the next start."""
        proposed = 0
        for claim in self._claims.waiting(len(self._refused) + BATCH):
            if claim.claim in self._refused:
                continue
            try:
                proposed += not self._propose(claim, now).replayed
            except DomainError as refusal:
                self._refused.add(claim.claim)
                log.warning("not proposed, by %s on %s: %s", claim.claim, claim.ticket_id, refusal)
        return proposed

    def _propose(self, claim: ClaimRow, now: datetime) -> Receipt:
        facts = {k: v for k, v in claim.form.items() if not isinstance(v, Sealed)}
        holder, evidence = str(facts.pop("holder")), facts.pop("evidence", None)
        kind, _, name = holder.rpartition(":")
        said: dict[str, Any] = {
            "by": BY_RULES,
            "command_id": f"claim-{claim.claim}",
            "received_at": max(now, claim.happened_at),
            "occurred_at": claim.happened_at,
            "ticket_id": claim.ticket_id,
            "claim": claim.claim,
            "facts": facts,
        }
        table = self._ledger.terms(claim.table_name, claim.happened_at).table
        if table.is_misconduct:
            proof = evidence or f"{claim.because}: {claim.ticket_id}"
            return self._conduct.record(
                RecordMisconduct(
                    **said, staff_id=_staff(name), code=claim.table_name, evidence=proof
                )
            ).receipt
        only_kind = next(iter(table.holders)) if len(table.holders) == 1 else "staff"
        whose = f"{kind or only_kind}:{name}"
        return self._ledger.propose(ProposeEntry(**said, table=claim.table_name, holder=whose))


def _staff(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise Invalid(f"{name} is no member of staff", field="holder") from None
