"""The figures, for people: Markdown, which can be read as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.torture.run import Outcome

ROWS = {
    "Seed": "seed",
    "Seconds worked": "seconds",
    "Kills (-9)": "kills",
    "Commands acknowledged": "acknowledged",
    "Answered again, as repeated": "repeated",
    "Asked again for want of an answer": "retries",
    "Refused, as they should be": "refused",
    "Given up by the client": "abandoned",
    "… of these stored, whole": "abandoned_stored",
    "Looks": "looks",
    "Events in the register": "entries",
}


def table(runs: Sequence[Outcome]) -> str:
    """A column a run; below it what is wrong, and what was left out."""
    lines = ["| | " + " | ".join(run.what for run in runs) + " |", "|---|" + "---:|" * len(runs)]
    lines += [_row(label, [run.data()[name] for run in runs]) for label, name in ROWS.items()]
    for blow in sorted({blow for run in runs for blow in run.blows}):
        lines.append(_row(f"· {blow}", [run.blows.get(blow, 0) for run in runs]))
    lines.append(_row("**Faults found**", [len(run.faults) for run in runs]))
    return "\n".join([*lines, "", *_remarks(runs)])


def _row(label: str, values: Sequence[object]) -> str:
    return f"| {label} | " + " | ".join(str(value) for value in values) + " |"


def _remarks(runs: Sequence[Outcome]) -> Iterator[str]:
    for run in runs:
        yield from (f"- fault ({run.what}): {fault}" for fault in run.faults)
        yield from (f"- left out ({run.what}): {what}" for what in run.left_out)
