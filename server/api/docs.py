"""The API's description for people: one page made of the OpenAPI document, with nothing from elsewhere."""

import html
import json
from collections.abc import Mapping
from typing import Any

from server.static import StaticFile

STYLE = """:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid #8886}
details{border:1px solid #8884;border-radius:.4rem;margin:.4rem 0;padding:.3rem .7rem}
summary{cursor:pointer}summary b{display:inline-block;min-width:4.5rem}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;background:#8882;padding:.6rem;border-radius:.3rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem .15rem 0;vertical-align:top}
nav a{margin-right:.8rem}
"""

STYLE_FILE = StaticFile("/api/docs.css", STYLE.encode(), "text/css")

START = r"""BASE=http://127.0.0.1:8420/api/v1
JSON='Content-Type: application/json'
CODE=$(guichet invite --data DATA --till 1)   # or the back office: POST /api/v1/auth/invite
TOKEN=$(curl -sS $BASE/auth/enrol -H "$JSON" -d "{\"code\": \"$CODE\"}" | sed 's/.*"token":"\([^"]*\)".*/\1/')
curl -sS $BASE/auth/pin -H "Authorization: Bearer $TOKEN" -c jar -H "$JSON" -d '{"operator": 1, "pin": "482913"}'
ask() {
  curl -sS "$BASE/$1" -H "Authorization: Bearer $TOKEN" -b jar -c jar -H "$JSON" \
    -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -d "$2"
}
ask cash/open '{"float_in": 15000}'
ask sales/post '{"lines": [{"price": "1.50"}], "payments": [{"mode": 1}]}'"""
"""What the page shows first, and what a test runs: a device becomes a till, somebody signs in, a ticket is sold."""


def page(document: Mapping[str, Any]) -> bytes:
    """The whole page."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    info = document["info"]
    menu = "".join(f'<a href="#{_text(tag)}">{_text(tag)}</a> ' for tag in groups)
    body = "".join(f'<h2 id="{_text(tag)}">{_text(tag)}</h2>{"".join(parts)}' for tag, parts in groups.items())
    codes = "".join(
        f"<tr><td><code>{_text(code)}</code></td><td>{_text(why)}</td></tr>"
        for code, why in document["x-codes"].items()
    )
    schemas = "".join(
        f'<details id="schema-{_text(name)}"><summary><code>{_text(name)}</code></summary>{_json(schema)}</details>'
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{_text(info["title"])} API</title><link rel="stylesheet" href="{STYLE_FILE.address}"></head><body>'
        f"<h1>{_text(info['title'])} API</h1><p>Version {_text(info['version'])} · "
        f'<a href="/api/openapi.json">openapi.json</a></p><p>{_text(info["description"])}</p>'
        "<h2>Sell a ticket</h2><p>A device becomes a till by a one-time code, somebody signs in there by a PIN, and the"
        " till is opened; then it sells. Keep an id and send it again after any doubt: the sale is made once.</p>"
        f"<pre>{_text(START)}</pre><nav>{menu}</nav>{body}"
        f"<h2>Codes</h2><table>{codes}</table><h2>Types</h2>{schemas}</body></html>"
    ).encode()


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{_text(each['name'])}</code></td><td>{_text(each['in'])}"
        f"{', required' if each.get('required') else ''}</td><td>{_text(each.get('description', ''))}</td></tr>"
        for each in operation.get("parameters", ())
    )
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = f"<p>Example of a body{_type(content['schema'])}:</p>{_json(content['example'])}" if content else ""
    shown: list[Mapping[str, Any]] = list(operation["responses"]["200"].get("content", {}).values())
    answer = shown[0]["schema"] if shown else {}
    answered = f"<p>Answer{_type(answer)}</p>" if answer else ""
    codes = ", ".join(f"<code>{_text(code)}</code>" for code in operation.get("x-codes", ()))
    declined = f"<p>Declines with {codes}</p>" if codes else ""
    return (
        f"<details><summary><b>{_text(method.upper())}</b> <code>{_text(path)}</code></summary>"
        f"<p>{_text(operation['summary'])}</p><p>Right: <code>{_text(operation['x-right'])}</code> · "
        f"rate class: {_text(operation['x-rate-class'])}</p><table>{parameters}</table>"
        f"{example}{answered}{declined}</details>"
    )


def _type(schema: Mapping[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f' (<a href="#schema-{_text(name)}">{_text(name)}</a>)' if name else ""


def _json(value: Any) -> str:
    return f"<pre>{_text(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
