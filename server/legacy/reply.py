"""Bodies of replies: JSON, CSV for a spreadsheet, HTML for a page; and the one shape of every error."""

import csv
import html
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.legacy.context import Problem, Reply

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula (ASVS 1.2.10)."""

Table = Sequence[Mapping[str, Any]]


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON reply."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return status, _headers("application/json; charset=utf-8"), data


def as_error(problem: Problem) -> Reply:
    """An error: ``success`` and ``result`` of the newer pages, ``errorMessage`` of the older ones, and our code."""
    body = {"success": False, "result": problem.text, "errorMessage": problem.text, "code": problem.code}
    status, headers, data = as_json(body, problem.status)
    if problem.wait_s:
        headers["Retry-After"] = str(problem.wait_s)
    return status, headers, data


def as_table(rows: Table, columns: Sequence[str], format: str) -> Reply:
    """Rows as ``json`` (the default), ``csv`` or ``html``."""
    if format in ("", "json"):
        return as_json(list(rows))
    cells = [[_text(row.get(column)) for column in columns] for row in rows]
    if format == "csv":
        return 200, _headers("text/csv; charset=utf-8"), _csv([list(columns), *cells])
    if format == "html":
        return 200, _headers("text/html; charset=utf-8"), _html(columns, cells)
    raise Problem("format : json, csv ou html", "legacy.bad_format")


def _headers(type: str) -> dict[str, str]:
    return {"Content-Type": type, "Cache-Control": "no-store"}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180 with semicolons, as French spreadsheets read it; what would be a formula is quoted as text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for line in lines:
        writer.writerow([_harmless(cell) for cell in line])
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    number = cell.removeprefix("-").replace(".", "", 1)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) and not (number.isascii() and number.isdigit()) else cell


def _html(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> bytes:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    lines = ("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>\n" for line in cells)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody>\n</table>\n".encode()
