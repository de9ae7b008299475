"""The public proof of a ticket: a page that checks it in the customer's browser, the same as data, and as text."""

import base64
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine.engine import PublicProof, Refusal
from server.api.problems import PROBLEM_TYPE, Problem
from server.api.shop import Shop
from server.static import StaticFile

LANGUAGES = ("fr", "en", "nl", "de")
ACCEPT_CHARS_MAX = 200
PLACE_CHARS_MAX = 40
Handler = Callable[[Request], Awaitable[Response]]

_LEAF = re.compile(r"[0-9a-f]{64}")
_encode = msgspec.json.Encoder().encode

_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "fr": (
        "Preuve de votre ticket",
        "Ce ticket n'est pas ici",
        "L'adresse est incomplète, ou ne vient pas de cette boutique. Scannez de nouveau le code du ticket.",
        "La vérification se fait dans votre navigateur, avec JavaScript, qui est désactivé ici. Rien n'a été vérifié.",
    ),
    "en": (
        "Proof of your receipt",
        "This receipt is not here",
        "The address is incomplete, or is not one of this shop's. Scan the code printed on the receipt again.",
        "The check is done in your browser, by JavaScript, which is switched off here. Nothing was checked.",
    ),
    "nl": (
        "Bewijs van uw kassabon",
        "Deze kassabon is hier niet",
        "Het adres is onvolledig, of niet van deze winkel. Scan de code op de bon opnieuw.",
        "De controle gebeurt in uw browser, met JavaScript, dat hier uitgeschakeld is. Er is niets gecontroleerd.",
    ),
    "de": (
        "Nachweis Ihres Kassenbons",
        "Dieser Kassenbon ist nicht hier",
        "Die Adresse ist unvollständig oder nicht von diesem Geschäft. Scannen Sie den Code auf dem Bon noch einmal.",
        "Geprüft wird in Ihrem Browser, mit JavaScript, das hier abgeschaltet ist. Nichts wurde geprüft.",
    ),
}
"""Language -> title, head and text of what is not found, and what is said without JavaScript."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a check needs.

    ``index`` and ``path`` (base64, from the leaf's sibling upwards) lead from the leaf to the root in ``checkpoint``
    (C2SP signed note over ``size`` entries), which one of ``keys`` signed (vkey lines, all of this log, in the order of
    their versions). ``entry`` are the sealed bytes in base64, null where the address names the leaf alone; ``shop`` is
    the shop's name of today, which nothing proves.
    """

    leaf: str
    gen: int
    index: int
    size: int
    path: tuple[str, ...]
    checkpoint: str
    keys: tuple[str, ...]
    entry: str | None
    shop: str


def bundle_of(found: PublicProof, shop: str) -> Bundle:
    """The parts of a proof, cut out of its C2SP tlog-proof text."""
    head, _, note = found.proof.partition("\n\n")
    return Bundle(
        leaf=found.leaf.hex(),
        gen=found.gen,
        index=found.seq,
        size=int(note.split("\n")[1]),
        path=tuple(head.split("\n")[2:]),
        checkpoint=note,
        keys=found.vkeys,
        entry=None if found.data is None else base64.b64encode(found.data).decode(),
        shop=shop,
    )


def _files() -> dict[str, StaticFile]:
    """The page's own files by the name of their route; what a script imports it names with its hash, too."""
    folder = Path(__file__).parent
    script = "text/javascript"
    made = {
        "proof_check_script": StaticFile("/proof-check.js", (folder / "check.js").read_bytes(), script),
        "proof_texts_script": StaticFile("/proof-texts.js", (folder / "texts.js").read_bytes(), script),
        "proof_style": StaticFile("/proof.css", (folder / "page.css").read_bytes(), "text/css"),
    }
    main = (folder / "page.js").read_text(encoding="utf-8")
    for name in ("proof_check_script", "proof_texts_script"):
        path = made[name].address.partition("?")[0]
        assert f'".{path}"' in main, "the page's script imports what stands beside it"
        main = main.replace(f'".{path}"', f'".{made[name].address}"')
    return made | {"proof_page_script": StaticFile("/proof.js", main.encode(), script)}


FILES: Mapping[str, StaticFile] = _files()


def language_of(accepted: str) -> str:
    """The first of our languages in the order that ``Accept-Language`` (RFC 9110, 12.5.4) gives them; else French."""
    wished = []
    for part in accepted[:ACCEPT_CHARS_MAX].split(","):
        name, _, weight = part.partition(";")
        thousandths = re.fullmatch(r"\s*q=(?:(1)(?:\.0*)?|0(?:\.([0-9]{1,3}))?)\s*", weight)
        if not weight:
            rank = 1000
        elif thousandths is None:
            rank = 0
        else:
            rank = 1000 if thousandths[1] else int((thousandths[2] or "0").ljust(3, "0"))
        wished.append((rank, name.strip().lower()[:2]))
    found = [(rank, name) for rank, name in wished if rank and name in LANGUAGES]
    return max(found, key=lambda each: each[0])[1] if found else LANGUAGES[0]


def page(language: str) -> bytes:
    """The page before its script has begun; addresses are relative, because a proxy may put a folder before them."""
    title, _, _, without = _WORDS[language]
    script = f'<script type="module" src="..{FILES["proof_page_script"].address}"></script>'
    return _document(language, title, f"<noscript><p>{html.escape(without)}</p></noscript>", script)


def not_found_page(language: str) -> bytes:
    """What is said of an address that leads to nothing."""
    title, head, text, _ = _WORDS[language]
    return _document(
        language, title, f'<div class="plain"><h1>{html.escape(head)}</h1><p>{html.escape(text)}</p></div>'
    )


def _document(language: str, title: str, body: str, script: str = "") -> bytes:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title>"
        f'<link rel="stylesheet" href="..{FILES["proof_style"].address}">{script}</head>'
        f"<body><main>{body}</main></body></html>"
    ).encode()


def pages(shop: Shop) -> dict[str, Handler]:
    """The handlers of the proof's routes, by the routes' names."""

    def find(request: Request) -> PublicProof | None:
        leaf, place = request.path_params["leaf"], request.query_params.get("e", "")
        if _LEAF.fullmatch(leaf) is None or len(place) > PLACE_CHARS_MAX:
            return None
        return shop.reader().public_proof(bytes.fromhex(leaf), place)

    def name() -> str:
        try:
            return str(shop.reader().ask_by_name("settings.get", {"id": 1})["name"])
        except Refusal:
            return ""

    async def proof(request: Request) -> Response:
        language = language_of(request.headers.get("accept-language", ""))
        vary = {"vary": "accept-language", "content-language": language}
        try:
            found = find(request)
        except Problem as problem:
            return _problem(problem)
        if found is None:
            return Response(not_found_page(language), 404, vary, media_type="text/html")
        return Response(page(language), headers=vary, media_type="text/html")

    async def data(request: Request) -> Response:
        try:
            found = find(request)
        except Problem as problem:
            return _problem(problem)
        if found is None:
            return _problem(Problem("api.not_found"))
        return Response(_encode(bundle_of(found, name())), media_type="application/json")

    async def text(request: Request) -> Response:
        try:
            found = find(request)
        except Problem as problem:
            return _problem(problem)
        if found is None:
            return _problem(Problem("api.not_found"))
        kept = {"content-disposition": f'attachment; filename="guichet-{found.leaf.hex()[:16]}.txt"'}
        return Response(found.proof.encode(), headers=kept, media_type="text/plain")

    files = {route: file.answer for route, file in FILES.items()}
    return {"proof": proof, "proof_data": data, "proof_text": text, **files}


def _problem(problem: Problem) -> Response:
    headers: dict[str, Any] = {"retry-after": "1"} if problem.status == 503 else {}
    return Response(problem.body(), problem.status, headers, media_type=PROBLEM_TYPE.decode())
