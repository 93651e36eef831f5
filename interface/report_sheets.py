"""A report as sheets: what the table, CSV, XLSX and the page show, each in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WHOLE = "合计"
"""What the row of all groups together is called."""

HEADINGS: Mapping[str, str] = {
    "this.number": "编号",
    "this.unit": "单位",
    "this.state": "状态",
    "this.owner_id": "承办人",
    "this.first_contact_id": "首问责任人",
    "this.channel": "渠道",
    "this.procedure": "事项类型",
    "this.is_closed": "已办结",
    "actor.id": "经办人",
    "obligation.name": "时限",
    "obligation.title": "时限事项",
    "obligation.status": "履行情况",
    "obligation.responsible_id": "责任人",
    "obligation.due_at": "到期",
    "entry.holder": "持有人",
    "entry.table_name": "项目",
    "entry.named": "档次",
    "entry.kind": "种类",
    "entry.state": "状态",
    "entry.amount": "金额",
    "entry.currency": "单位",
    "entry.month": "月份",
    "entry.mode": "方式",
    "assessment.scheme": "考核办法",
    "assessment.subject_id": "被考核人",
    "assessment.period": "考核期",
    "assessment.score": "得分",
    "assessment.undelivered": "未交付副本",
    "number.register": "登记簿",
    "number.number": "编号",
    "number.status": "状况",
    "number.missing": "缺号数",
    "number.given_at": "编号时间",
    "client.id": "客户",
    "client.kind": "客户类型",
    "ticket": "工单",
    "number": "编号",
    "counts": "计入",
    "why_not": "未计入原因",
}
"""What columns are called that packs do not name themselves."""


@dataclass(frozen=True)
class Ratio:
    """A share, so that a workbook can say it as a formula over its two counts."""

    numerator: int
    denominator: int
    value: Decimal | None


Cell = str | int | Decimal | bool | Ratio | None


@dataclass(frozen=True)
class Sheet:
    """`sums`: the columns of which the last row is the sum of those above it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    sums: frozenset[int] = frozenset()


def sheets_of(report: Mapping[str, Any]) -> list[Sheet]:
    """The figures, what is listed, where it comes from, and how it came to be."""
    found = [_figures(report)] if report["measures"] else []
    if report.get("actual"):
        found.append(_beside(report))
    if report["list"]:
        columns = list(report["list"][0])
        rows = [[_cell(row[name]) for name in columns] for row in report["list"]]
        found.append(Sheet("明细 list", _headed(report, columns), rows))
    if "lineage" in report:
        found.append(_lineage(report))
    return [*found, _origin(report)]


def _headed(report: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    own = report["definition"].get("headings", {})
    return [own.get(name) or HEADINGS.get(name, name) for name in names]


def _figures(report: Mapping[str, Any]) -> Sheet:
    by, measures = list(report["definition"].get("by", ())), list(report["measures"])
    groups = [
        [*(_cell(group["by"][path]) for path in by), *_values(group, measures)]
        for group in report["groups"]
    ]
    named = ([WHOLE] + [None] * len(by))[: max(1, len(by))]
    defined = report["definition"]["measures"]
    sums = frozenset(
        place
        for place, name in enumerate(measures, start=max(1, len(by)))
        if groups and (defined[name].get("count") or defined[name].get("sum"))
    )
    columns = _headed(report, by or [""]) + _headed(report, measures)
    return Sheet(report["title"], columns, [*groups, [*named, *_values(report, measures)]], sums)


def _beside(report: Mapping[str, Any]) -> Sheet:
    """What was, and what would have been."""
    what_if = report["what_if"]
    rows = [
        [name, _figure(report["actual"]["measures"][name]), _figure(figure)]
        for name, figure in report["measures"].items()
    ]
    named = _headed(report, [str(row[0]) for row in rows])
    other = f"{what_if['pack']}@{what_if['version']}"
    told: list[list[Cell]] = [[heading, *row[1:]] for heading, row in zip(named, rows, strict=True)]
    return Sheet(f"假设 what if: {what_if['says']}", ["", "实际 actual", other], told)


def _lineage(report: Mapping[str, Any]) -> Sheet:
    rows = report["lineage"]
    paths = list(rows[0]["values"]) if rows else []
    columns = _headed(report, ["number", "ticket", "counts", "why_not", *paths])
    told = [
        [
            row["number"],
            row["ticket"],
            row["counts"],
            row["why_not"] or "; ".join(f"{n}: {why}" for n, why in row["left_out"].items()),
            *(_cell(row["values"][path]) for path in paths),
            row["pack"],
            " ".join(row["calendars"]),
            " ".join(f"{event['word']}#{event['position']}" for event in row["events"]),
        ]
        for row in rows
    ]
    return Sheet("来源 lineage", [*columns, "制度版本", "日历版本", "事件 word#position"], told)


def _origin(report: Mapping[str, Any]) -> Sheet:
    names = ("code", "rule", "from", "to", "unit", "as_of", "position", "definition_sha256")
    name = f"{report['pack']}@{report['version']} {report['report']}"
    said: list[list[Cell]] = [["report", name]]
    said += [[name, _cell(report[name])] for name in names if report[name] is not None]
    if aim := report["target"]:
        met = {True: "met", False: "missed", None: "nothing to measure"}[aim["met"]]
        bound = f"at most {aim['required']}" if aim.get("is_most") else aim["required"]
        said.append(["target", f"{aim['measure']} {bound}: {met}"])
    for name, trend in (report["trend"] or {}).items():
        said.append(["trend", f"{name}: before {trend['before']}, {trend['difference']}"])
    return Sheet("说明 origin", ["", ""], said)


def _values(told: Mapping[str, Any], measures: Sequence[str]) -> list[Cell]:
    return [_figure(told["measures"][name]) for name in measures]


def _figure(figure: Mapping[str, Any]) -> Cell:
    value = figure["value"]
    number = Decimal(value) if isinstance(value, str) else value
    if "denominator" not in figure:
        return number
    return Ratio(figure["numerator"], figure["denominator"], number)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | bool):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
