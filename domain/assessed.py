"""What is said of somebody who is assessed: by raters, by clients, by plans and by reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from domain.aggregate import Act, Aggregate, staff_ref
from domain.errors import Forbidden, Invalid, Refused
from domain.own import must_be_another
from domain.sampling import drawn
from domain.scheme import Scheme
from domain.scoring import PlanAndActual, Rating, Sheet

State = Literal["planned", "open", "final", "published", "applied"]

MOST_SAMPLED = 1_000


class WrongStage(Refused):
    code = "assessment_stage"


class NotYourRating(Forbidden):
    code = "not_your_rating"


class OwnAssessment(Forbidden):
    code = "own_assessment"


class Assessed(Aggregate):
    """Collects what is said, as long as it is open."""

    class Started(Aggregate.Event):
        TOPIC = "assessment.started"
        methods: list[str]
        permit: str | None

        def apply(self, aggregate: Assessed) -> None:
            aggregate.state, aggregate.hidden = "open", False

    class SampleDrawn(Aggregate.Event):
        """Clients whose evaluation counts, drawn from those given by that seed (AM-25)."""

        TOPIC = "assessment.sample-drawn"
        seed: int
        clients: list[str]

        def apply(self, aggregate: Assessed) -> None:
            aggregate.sample = (self.seed, tuple(self.clients))

    class Rated(Aggregate.Event):
        """What one rater said, by indicator; said again, it takes the place of what they said."""

        TOPIC = "assessment.rated"
        rating: str
        rater: str
        source: str
        form: dict[str, Any]

        def apply(self, aggregate: Assessed) -> None:
            scores = {name: Decimal(said) for name, said in self.form.items()}
            rating = Rating(self.rating, self.rater, self.source, self.by, scores)
            aggregate.ratings[self.rating] = rating

    class PlanCompared(Aggregate.Event):
        """What was planned and what was done, by indicator: `{"plan": "30", "actual": "24"}`."""

        TOPIC = "assessment.plan-compared"
        form: dict[str, Any]

        def apply(self, aggregate: Assessed) -> None:
            aggregate.planned |= {
                name: PlanAndActual(Decimal(said["plan"]), Decimal(said["actual"]))
                for name, said in self.form.items()
            }

    class Measured(Aggregate.Event):
        """What reports showed, by indicator: the value, and the tickets behind it."""

        TOPIC = "assessment.measured"
        form: dict[str, Any]

        def apply(self, aggregate: Assessed) -> None:
            aggregate.figures |= {n: Decimal(said["value"]) for n, said in self.form.items()}

    class EvaluationJudged(Aggregate.Event):
        """Whether what a client said was fair; what is not stays on record and counts no more."""

        TOPIC = "assessment.evaluation-judged"
        rating: str
        fair: bool

        def apply(self, aggregate: Assessed) -> None:
            known = aggregate.ratings[self.rating]
            aggregate.ratings[self.rating] = replace(known, fair=self.fair)

    def _start_collecting(self, subject_id: UUID, kinds: Collection[str], *, starts: bool) -> None:
        self.subject_id, self.kinds = subject_id, frozenset(kinds)
        self.state: State = "planned" if starts else "open"
        self.hidden = False
        self.sample: tuple[int, tuple[str, ...]] | None = None
        self.ratings: dict[str, Rating] = {}
        self.planned: dict[str, PlanAndActual] = {}
        self.figures: dict[str, Decimal] = {}

    @property
    def sheet(self) -> Sheet:
        return Sheet(tuple(self.ratings.values()), self.planned, self.figures)

    def start(
        self, scheme: Scheme, *, methods: Collection[str], permit: str | None, act: Act
    ) -> None:
        """Begin an inspection. Raises WrongStage, Invalid without a permit (AM-13)."""
        self._must_be_at("planned")
        assert scheme.check is not None
        if scheme.check.permit & self.kinds and not (permit or "").strip():
            said = "the inspector shows a permit"
            raise Invalid(said, field="permit", rule=scheme.check.rule)
        if unknown := sorted(set(methods) - set(scheme.check.methods)):
            raise Invalid(f"no method {unknown[0]}", field="methods", rule=scheme.check.rule)
        self._must_not_be_own(act)
        self._record(self.Started, act, methods=sorted(methods), permit=permit)

    def draw_sample(self, clients: Collection[UUID], *, seed: int, size: int, act: Act) -> None:
        """The same seed draws the same of the same. Raises WrongStage, Invalid."""
        self._must_be_at("open")
        self._must_not_be_own(act)
        if not 0 < size <= min(len(set(clients)), MOST_SAMPLED):
            raise Invalid(f"1 to {min(len(set(clients)), MOST_SAMPLED)} of them", field="size")
        sample = (seed, tuple(map(str, drawn(clients, seed=str(seed), size=size))))
        if sample != self.sample:
            self._record(self.SampleDrawn, act, seed=seed, clients=list(sample[1]))

    def rate(
        self,
        scheme: Scheme,
        rater: str,
        scores: Mapping[str, Decimal],
        *,
        client_id: UUID | None,
        superior_id: UUID | None,
        act: Act,
    ) -> None:
        """`superior_id`: of the assessed. Raises WrongStage, NotYourRating, Invalid."""
        self._must_be_at("open")
        self._must_rate(scheme, rater, client_id, superior_id, act)
        asked = scheme.rated_by(rater)
        for name, value in scores.items():
            if name not in asked:
                raise Invalid(f"{rater} does not rate {name}", field=f"scores.{name}")
            if not 0 <= value <= asked[name].most:
                raise Invalid(f"0 to {asked[name].most}", field=f"scores.{name}")
        source = f"client:{client_id}" if client_id else act.stood_for
        rating = self._rating_of(rater, source)
        known = self.ratings.get(rating)
        if known is None or known.scores != scores or known.by != act.by:
            form = {name: str(value) for name, value in scores.items()}
            self._record(self.Rated, act, rating=rating, rater=rater, source=source, form=form)

    def compare_plan(self, scheme: Scheme, told: Mapping[str, PlanAndActual], *, act: Act) -> None:
        """Raises WrongStage, OwnAssessment, Invalid."""
        self._must_be_at("open")
        self._must_not_be_own(act)
        if unknown := sorted(told.keys() - scheme.of_kind("planned").keys()):
            raise Invalid(f"nothing is planned of {unknown[0]}", field="items")
        if any(self.planned.get(name) != one for name, one in told.items()):
            form = {n: {"plan": str(t.plan), "actual": str(t.actual)} for n, t in told.items()}
            self._record(self.PlanCompared, act, form=form)

    def measure(self, form: Mapping[str, Mapping[str, Any]], *, act: Act) -> None:
        """Raises WrongStage, OwnAssessment."""
        self._must_be_at("open")
        self._must_not_be_own(act)
        self._record(self.Measured, act, form=dict(form))

    def judge_evaluation(self, scheme: Scheme, rating: str, *, fair: bool, act: Act) -> None:
        """Whether what a client said is fair, and why not. Raises WrongStage, Invalid (AM-15)."""
        self._must_be_at("open")
        self._must_not_be_own(act)
        known = self.ratings.get(rating)
        if known is None or scheme.raters[known.rater].who != "client":
            raise Invalid(f"no evaluation by a client is called {rating}", field="rating")
        if not fair:
            act.must_give_reason()
        if known.fair != fair:
            self._record(self.EvaluationJudged, act, rating=rating, fair=fair)

    def _must_be_at(self, *states: str) -> None:
        if self.state not in states:
            raise WrongStage(f"the assessment is {self.state}", state=self.state)

    def _must_not_be_own(self, act: Act) -> None:
        must_be_another({staff_ref(self.subject_id)}, act, OwnAssessment("it is one's own"))

    def _must_rate(
        self, scheme: Scheme, rater: str, client_id: UUID | None, superior_id: UUID | None, act: Act
    ) -> None:
        if rater not in scheme.raters:
            said = f"{scheme.title} is rated by: {', '.join(scheme.raters)}"
            raise Invalid(said, field="rater")
        asked = scheme.raters[rater]
        if (asked.who == "client") != (client_id is not None):
            raise Invalid("a client is named where a client rates", field="client_id")
        if asked.who == "self":
            allowed = act.stands_for(self.subject_id)
        else:
            self._must_not_be_own(act)
            by_role = bool(asked.roles & act.roles)
            allowed = by_role or (asked.who == "superior" and act.stands_for(superior_id))
        if not allowed:
            raise NotYourRating(f"you do not rate as {rater}", rule=asked.rule, field="rater")
        if client_id and self.sample is not None and str(client_id) not in self.sample[1]:
            raise Invalid("this client is not in the sample", field="client_id")

    def _rating_of(self, rater: str, source: str) -> str:
        """The name of what they said before, or a new one."""
        for known in self.ratings.values():
            if (known.rater, known.source) == (rater, source):
                return known.id
        return f"rating-{len(self.ratings) + 1}"
