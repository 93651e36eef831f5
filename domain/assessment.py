"""The Assessment: of one person in one period, under one scheme; from opening to application."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.aggregate import Act, Aggregate, InitialEvent, staff_ref
from domain.assessed import Assessed, NotYourRating, OwnAssessment, WrongStage
from domain.errors import Invalid, Refused
from domain.own import must_be_another
from domain.scheme import Scheme
from domain.scoring import group_scores, hundredths, missing, score

ASSESSMENTS = UUID("0f4c5c36-3f0a-4f0e-9a53-7d1f7c0a6b52")
"""The namespace of the ids: there is one assessment of a person in a period of a scheme."""

_DONE = frozenset({"final", "published", "applied"})


class Incomplete(Refused):
    code = "assessment_incomplete"


class AppealTooLate(Refused):
    code = "appeal_too_late"


class UnderAppeal(Refused):
    code = "under_appeal"


class Assessment(Assessed):
    """Its texts are about the assessed, and sealed under their key. Scores are in hundredths."""

    TOPIC = "assessment"

    class Opened(InitialEvent):
        """Under a scheme of a version of a pack. `hidden`: nobody tells them before it starts."""

        TOPIC = "assessment.opened"
        scheme: str
        pack: str
        pack_version: int
        subject_id: UUID
        period: str
        unit: str
        kinds: list[str]
        plan_id: UUID | None
        starts: bool
        hidden: bool

    class Finalised(Aggregate.Event):
        """`with_all`: what it would be with the evaluations that were judged unfair."""

        TOPIC = "assessment.finalised"
        score: int
        with_all: int
        form: dict[str, Any]

        def apply(self, aggregate: Assessment) -> None:
            aggregate.state, aggregate.score = "final", self.score
            aggregate.finalised_by = self.done_by

    class Delivered(Aggregate.Event):
        TOPIC = "assessment.delivered"
        copy: str

        def apply(self, aggregate: Assessment) -> None:
            aggregate.delivered.add(self.copy)

    class Published(Aggregate.Event):
        """It is fed back to the assessed."""

        TOPIC = "assessment.published"

        def apply(self, aggregate: Assessment) -> None:
            aggregate.state, aggregate.published_at = "published", self.timestamp

    class AppealFiled(Aggregate.Event):
        TOPIC = "assessment.appeal-filed"

        def apply(self, aggregate: Assessment) -> None:
            aggregate.appeal_is_open = True

    class AppealDecided(Aggregate.Event):
        """`score`: what it is from then on."""

        TOPIC = "assessment.appeal-decided"
        upheld: bool
        score: int

        def apply(self, aggregate: Assessment) -> None:
            aggregate.appeal_is_open, aggregate.score = False, self.score

    class Applied(Aggregate.Event):
        """`revokes`: the roles that are taken away, because they have failed."""

        TOPIC = "assessment.applied"
        passed: bool
        revokes: list[str]

        def apply(self, aggregate: Assessment) -> None:
            aggregate.state, aggregate.revokes = "applied", tuple(self.revokes)

    COMMUTING = (Delivered,)

    def __init__(
        self,
        *,
        scheme: str,
        pack: str,
        pack_version: int,
        subject_id: UUID,
        period: str,
        unit: str,
        kinds: list[str],
        plan_id: UUID | None,
        starts: bool,
        hidden: bool,
    ) -> None:
        self._start_collecting(subject_id, kinds, starts=starts)
        self.scheme, self.pack, self.pack_version = scheme, pack, pack_version
        self.period, self.unit = period, unit
        self.plan_id, self.hidden = plan_id, hidden
        self.score: int | None = None
        self.finalised_by = frozenset[str]()
        self.delivered: set[str] = set()
        self.published_at: datetime | None = None
        self.appeal_is_open = False
        self.revokes: tuple[str, ...] = ()

    @property
    def subject(self) -> UUID:
        return self.subject_id

    @property
    def units(self) -> frozenset[str]:
        return frozenset({self.unit})

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @staticmethod
    def id_of(scheme: str, subject_id: UUID, period: str) -> UUID:
        return uuid5(ASSESSMENTS, f"{scheme}/{subject_id}/{period}")

    @classmethod
    def open(
        cls,
        name: str,
        scheme: Scheme,
        *,
        subject_id: UUID,
        period: str,
        kinds: Collection[str],
        act: Act,
        **words: Any,
    ) -> Assessment:
        """Raises Invalid for a period or kind that the scheme has not."""
        if not scheme.is_period(period):
            raise Invalid(f"a period of {name} is a {scheme.period}", field="period")
        known = {kind for axis in scheme.kinds.values() for kind in axis}
        if unknown := sorted(set(kinds) - known):
            raise Invalid(f"no kind {unknown[0]}; there are: {', '.join(known)}", field="kinds")
        must_be_another({staff_ref(subject_id)}, act, OwnAssessment("nobody assesses themselves"))
        return cls._start(
            cls.Opened,
            cls.id_of(name, subject_id, period),
            act,
            subject=subject_id,
            scheme=name,
            subject_id=subject_id,
            period=period,
            kinds=sorted(kinds),
            starts=scheme.check is not None,
            hidden=scheme.check is not None and bool(scheme.check.hidden & set(kinds)),
            **words,
        )

    def finalise(self, scheme: Scheme, *, act: Act) -> None:
        """Nothing more is said of it. Raises WrongStage, Incomplete, naming what is missing."""
        if self.state == "final":
            return
        self._must_be_at("open")
        self._must_not_be_own(act)
        lacks, exact = missing(scheme, self.sheet), score(scheme, self.sheet)
        if lacks or exact is None:
            said = f"{', '.join(lacks) or 'everything'} missing"
            raise Incomplete(said, rule=scheme.rule, missing=lacks)
        with_all = score(scheme, self.sheet.with_all())
        assert with_all is not None
        groups = group_scores(scheme, self.sheet)
        self._record(
            self.Finalised,
            act,
            score=hundredths(exact),
            with_all=hundredths(with_all),
            form={name: hundredths(one) for name, one in groups.items() if name},
        )

    def deliver(self, scheme: Scheme, copy: str, *, act: Act) -> None:
        """A copy of the record reaches whom it is for. Raises WrongStage, Invalid (SA-08)."""
        self._must_be_at(*_DONE)
        if copy not in scheme.copies:
            raise Invalid(f"copies are for: {', '.join(scheme.copies) or 'nobody'}", field="copy")
        if copy not in self.delivered:
            self._record(self.Delivered, act, copy=copy)

    def publish(self, scheme: Scheme, *, act: Act) -> None:
        """Raises WrongStage, OwnAssessment, NotYourRating where another role publishes."""
        if self.is_published:
            return
        self._must_be_at("final")
        self._must_not_be_own(act)
        must_have_role(scheme, act)
        self._record(self.Published, act)

    def file_appeal(self, scheme: Scheme, *, act: Act) -> None:
        """The assessed says why it is wrong. Raises NotYourRating, AppealTooLate, Invalid."""
        act.must_give_reason()
        if not act.stands_for(self.subject_id):
            raise NotYourRating("only the assessed appeals", rule="SA-03")
        self._must_be_at("published")
        assert self.published_at is not None
        if act.at > self.published_at + timedelta(days=scheme.appeal_days):
            said = f"within {scheme.appeal_days} days of {self.published_at.isoformat()}"
            raise AppealTooLate(said, rule="SA-03")
        if not self.appeal_is_open:
            self._record(self.AppealFiled, act)

    def decide_appeal(self, *, upheld: bool, corrected: int | None, act: Act) -> None:
        """`corrected`: the score, in hundredths, where the appeal is upheld.

        Raises WrongStage, OwnAssessment for who finalised it or rated, Invalid.
        """
        act.must_give_reason()
        if not self.appeal_is_open:
            raise WrongStage("no appeal is open", state=self.state)
        self._must_not_be_own(act)
        raters = {rating.by for rating in self.ratings.values()}
        same = OwnAssessment("who rated or finalised it does not decide the appeal", rule="SA-03")
        must_be_another(self.finalised_by | raters, act, same)
        if upheld != (corrected is not None):
            raise Invalid("a score is corrected where the appeal is upheld", field="score")
        now = self.score if corrected is None else corrected
        assert now is not None
        self._record(self.AppealDecided, act, upheld=upheld, score=now)

    def apply_result(self, scheme: Scheme, *, act: Act) -> None:
        """What follows from it for their position. Raises WrongStage, UnderAppeal."""
        if self.state == "applied":
            return
        self._must_be_at("published")
        self._must_not_be_own(act)
        if self.appeal_is_open:
            raise UnderAppeal("an appeal is open", rule="SA-03")
        assert self.score is not None
        passed = scheme.pass_mark is None or self.score >= scheme.pass_mark * 100
        revokes = [] if passed else sorted(scheme.revokes)
        self._record(self.Applied, act, passed=passed, revokes=revokes)


def must_have_role(scheme: Scheme, act: Act) -> None:
    """Raises NotYourRating unless they publish what is assessed by this scheme."""
    if scheme.published_by and not scheme.published_by & act.roles:
        wanted = ", ".join(sorted(scheme.published_by))
        raise NotYourRating(f"published by: {wanted}", rule=scheme.rule)
