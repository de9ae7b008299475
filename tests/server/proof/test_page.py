"""The proof page in a real browser: proven where it is, NOT proven where anything was altered, honest else."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import web_browser
from served_shop import Served
from web_browser import Browser

from engine.engine import Engine, Reader
from engine.features import FEATURES

VERDICT = "return document.querySelector('[data-verdict]')?.dataset.verdict"
STEPS = (
    "return Object.fromEntries([...document.querySelectorAll('[data-step]')].map(e => [e.dataset.step, e.className]))"
)
NO_ED25519 = """
const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, data, algorithm, ...rest) => algorithm.name === 'Ed25519'
  ? Promise.reject(new DOMException('', 'NotSupportedError')) : real(format, data, algorithm, ...rest);
"""
INSECURE = "Object.defineProperty(crypto, 'subtle', { value: undefined });"
PICTURES = os.environ.get("GUICHET_PICTURES")  # a folder: the pages are left there to be looked at


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, where there is one."""
    if why := web_browser.missing():
        pytest.skip(why)
    with Browser(tmp_path_factory.mktemp("browser") / "profile") as made:
        yield made


def verdict(browser: Browser, address: str) -> str:
    """What the page says in the end."""
    browser.open(address)
    return str(browser.wait(VERDICT, "a verdict"))


def keep(browser: Browser, name: str) -> None:
    """Leaves a picture of the page where somebody asked for it."""
    if PICTURES:
        Path(PICTURES, f"{name}.png").write_bytes(browser.picture())


def test_a_real_ticket_is_proven_and_shown_with_every_line_and_no_markup(browser: Browser, sold: Any) -> None:
    browser.look_like(width=1100, height=1400)
    browser.messages()

    found = verdict(browser, f"{sold.served.address}{sold.path}")

    text = browser.text("main").replace("\u00a0", " ")
    assert ("proven", "Preuve de votre ticket") == (found, browser.run("return document.title"))
    assert {"content": "ok", "path": "ok", "signature": "ok"} == browser.run(STEPS)
    for shown in (
        '<img src=x onerror="document.title=1">',
        "</script><script>alert(1)",
        "d'avoine <i>",
        "Chez Léa <b>&co</b>",
        "Tarte aux pommes de la grand-mère, part généreuse",
        "Note : Table 7 & terrasse",
        "Caisse 1 · Vendeur n° 1",
        f"Ticket n° {sold.answer['records'][0]['no']}",
    ):
        assert shown in text
    assert "sans oignons" not in browser.text(".ticket")
    assert "[object" not in text
    assert 0 == browser.run("return document.querySelectorAll('main img, main script, main i').length")
    assert [] == browser.messages()


def test_amounts_are_those_that_were_sealed_in_the_language_of_the_reader(browser: Browser, sold: Any) -> None:
    ticket = sold.answer["records"][0]
    verdict(browser, f"{sold.served.address}{sold.path}")
    total = f"{ticket['total'] // 100},{ticket['total'] % 100:02d} €"
    rates = [f"{rate['v'] // 100},{rate['v'] % 100:02d} €" for rate in ticket["rates"]]
    change = ticket["legs"][1]["change"]

    text = browser.text(".ticket").replace("\u00a0", " ").replace("\u202f", " ")

    assert 3990 == ticket["total"]
    assert 3 == len(rates)
    assert f"Total TTC\n{total}" in text
    assert all(rate in text for rate in rates)
    assert f"Rendu\n{change // 100},{change % 100:02d} €" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Genuine receipt", "Total with VAT", "What this does not prove")),
        ("nl", ("Echte kassabon", "Totaal incl. btw", "Wat dit niet bewijst")),
        ("de", ("Echter Kassenbon", "Summe mit MwSt.", "Was das nicht beweist")),
        ("fr", ("Ticket authentique", "Total TTC", "Ce que cela ne prouve pas")),
    ],
)
def test_a_button_changes_the_language_of_all_of_it(
    browser: Browser, sold: Any, language: str, words: tuple[str, ...]
) -> None:
    verdict(browser, f"{sold.served.address}{sold.path}")

    browser.click(f"nav button[lang={language}]")

    text = browser.text("main")
    assert language == browser.run("return document.documentElement.lang")
    assert all(word in text for word in words)
    assert "undefined" not in text
    assert "${" not in text


def flip(text: str, at: int) -> str:
    """Base64 with one bit of its bytes turned over."""
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(data).decode()


def _entry(bundle: dict[str, Any]) -> None:
    data = base64.b64decode(bundle["entry"])
    assert b'"total":3990' in data
    bundle["entry"] = base64.b64encode(data.replace(b'"total":3990', b'"total":1990')).decode()


def _path(bundle: dict[str, Any]) -> None:
    bundle["path"][0] = flip(bundle["path"][0], 5)


def _signature(bundle: dict[str, Any]) -> None:
    head, _, signature = bundle["checkpoint"].rstrip("\n").rpartition(" ")
    bundle["checkpoint"] = f"{head} {flip(signature, 40)}\n"


def _size(bundle: dict[str, Any]) -> None:
    bundle["checkpoint"] = bundle["checkpoint"].replace(f"\n{bundle['size']}\n", f"\n{bundle['size'] + 1}\n")


def _key(bundle: dict[str, Any]) -> None:
    name, id, key = bundle["keys"][0].split("+", 2)
    bundle["keys"] = [f"{name}+{id}+{flip(key, 9)}"]


def _strange_key(bundle: dict[str, Any]) -> None:
    bundle["keys"] = []


def _index(bundle: dict[str, Any]) -> None:
    bundle["index"] += 1


def _no_index(bundle: dict[str, Any]) -> None:
    bundle["index"] = None


def _cut(bundle: dict[str, Any]) -> None:
    bundle["path"].pop()


def _longer(bundle: dict[str, Any]) -> None:
    bundle["path"].append(bundle["path"][0])


def _no_note(bundle: dict[str, Any]) -> None:
    bundle["checkpoint"] = "trust me"


@pytest.mark.parametrize(
    ("alter", "step"),
    [
        (_entry, "content"),
        (_path, "path"),
        (_cut, "path"),
        (_longer, "path"),
        (_size, "signature"),
        (_signature, "signature"),
        (_key, "signature"),
        (_strange_key, "signature"),
        (_index, "content"),
        (_no_index, "path"),
        (_no_note, "signature"),
    ],
)
def test_whatever_was_altered_is_not_proven_and_not_shown(
    browser: Browser, sold: Any, between: Any, alter: Callable[[dict[str, Any]], None], step: str
) -> None:
    between.alter = alter

    found = verdict(browser, f"{between.address}{sold.path}")

    assert "broken" == found
    assert "bad" == browser.run(STEPS)[step]
    assert "NON prouvé" in browser.text(".verdict")
    assert "" == browser.text(".ticket")


def test_another_ticket_than_the_address_names_is_not_proven(browser: Browser, sold: Any) -> None:
    verdict(browser, f"{sold.served.address}{sold.path}")
    bundle = sold.served.ask("GET", sold.path.replace("?", ".json?")).json
    script = "return import('/proof-check.js').then(it => it.check(...arguments)).then(found => found.verdict)"

    verdicts = [browser.run(script, bundle, leaf) for leaf in (sold.leaf, "0" * 64)]

    assert ["proven", "broken"] == verdicts


def test_a_browser_without_the_signature_says_so_and_names_the_verifier(browser: Browser, sold: Any) -> None:
    script = browser.before_pages(NO_ED25519)
    try:
        found = verdict(browser, f"{sold.served.address}{sold.path}")
    finally:
        browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

    text = browser.text("main")
    assert "unchecked" == found
    assert {"content": "ok", "path": "ok", "signature": "none"} == browser.run(STEPS)
    assert "ne sait pas vérifier une signature Ed25519" in text
    assert f"python3 verify_export.py EXPORT --receipt guichet-{sold.leaf[:16]}.txt" in text
    keep(browser, "no-ed25519")


def test_an_altered_path_is_not_proven_even_where_the_signature_cannot_be_checked(
    browser: Browser, sold: Any, between: Any
) -> None:
    between.alter = _path
    script = browser.before_pages(NO_ED25519)
    try:
        found = verdict(browser, f"{between.address}{sold.path}")
    finally:
        browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

    assert "broken" == found


def test_a_page_without_https_checks_nothing_and_says_so(browser: Browser, sold: Any) -> None:
    script = browser.before_pages(INSECURE)
    try:
        found = verdict(browser, f"{sold.served.address}{sold.path}")
    finally:
        browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script)

    assert "unchecked" == found
    assert "Rien n'a été vérifié" in browser.text(".verdict")
    assert "" == browser.text(".ticket")


def test_a_leaf_alone_is_a_genuine_seal_without_content(browser: Browser, sold: Any) -> None:
    found = verdict(browser, f"{sold.served.address}/proof/{sold.leaf}")

    assert ("proven", "") == (found, browser.text(".ticket"))
    assert "Sceau authentique" in browser.text(".verdict")
    assert {"content": "none", "path": "ok", "signature": "ok"} == browser.run(STEPS)


def test_a_refund_says_what_it_is_and_of_which_ticket(browser: Browser, sold: Any) -> None:
    of = sold.served.do("sales/post", {"lines": [{"price": "1234.50"}], "payments": [{"mode": 2}]}).json
    body = {"no": of["records"][0]["no"], "reason": "<u>cassé"}
    refund = sold.served.do("sales/refund", body)
    path = sold.served.ask("GET", f"/api/v1/sales/ticket?seq={refund.json['seq']}", headers=sold.served.headers()).json

    found = verdict(browser, f"{sold.served.address}{path['proof_path']}")

    text = browser.text(".ticket").replace("\u00a0", " ").replace("\u202f", " ")
    assert ("proven", 200) == (found, refund.status)
    assert f"Remboursement n° {refund.json['records'][0]['no']}\n" in text
    assert f"du ticket n° {body['no']}" in text
    assert "Motif : <u>cassé" in text
    assert "Total TTC\n-1 234,50 €" in text


def test_an_entry_that_is_no_ticket_is_proven_and_shown_as_it_was_sealed(browser: Browser, sold: Any) -> None:
    with Reader(sold.served.data, FEATURES) as reader:
        sealed = next(data for _, _, data in reader.entries_since(1, 0) if b'"is":"cash.opened"' in data)
        opened = json.loads(sealed)
        stored = reader.entry(1, opened["seq"])
    path = f"/proof/{stored.leaf.hex()}?e=1.{opened['seq']}.{opened['salt'][:16]}"

    found = verdict(browser, f"{sold.served.address}{path}")
    browser.click("summary")

    assert ("proven", "") == (found, browser.text(".ticket"))
    assert "n'est pas un ticket" in browser.text("main")
    assert stored.data.decode() == browser.text("details pre")


def test_a_ticket_of_a_log_with_a_second_key_is_proven(
    browser: Browser, ready_shop: Path, serve: Callable[..., Served]
) -> None:
    served = serve()
    served.stop()
    with Engine(served.data, unsafe_filesystem=True) as engine:
        engine.rotate_key()
        sale = {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}
        answer = engine.do("sales.post", sale, till=1, operator=1, id=bytes(16))
        path = engine.reader().ask_by_name("sales.ticket", {"seq": answer.seq}).proof_path
    (served.data / "ballast").unlink(missing_ok=True)
    again = Served(served.data)
    try:
        found = verdict(browser, f"{again.address}{path}")
        keys = again.ask("GET", path.replace("?", ".json?")).json["keys"]
    finally:
        again.close()

    assert ("proven", 2) == (found, len(keys))


def test_a_server_that_does_not_answer_is_not_a_forgery(browser: Browser, sold: Any, between: Any) -> None:
    def cut(bundle: dict[str, Any]) -> None:
        raise ConnectionError

    between.alter = cut
    browser.open(f"{between.address}{sold.path}")

    browser.wait("return document.querySelector('.verdict.unchecked button')", "a way to try again")

    assert "La preuve n'a pas pu être lue" in browser.text(".verdict")


def test_the_proof_that_is_saved_is_the_text_of_the_proof(browser: Browser, sold: Any) -> None:
    verdict(browser, f"{sold.served.address}{sold.path}")

    saved = browser.run("return fetch(document.querySelector('#save').href).then(got => got.text())")

    assert sold.answer["proof"] == saved


@pytest.mark.parametrize(
    ("name", "width", "height"), [("phone", 375, 812), ("small-phone", 320, 568), ("desktop", 1280, 900)]
)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_the_screen_and_text_can_be_read(
    browser: Browser, sold: Any, name: str, width: int, height: int, dark: bool
) -> None:
    browser.look_like(width=width, height=height, dark=dark, scale=2)

    verdict(browser, f"{sold.served.address}{sold.path}")

    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert [] == browser.run(CONTRASTS)
    assert [] == browser.run(SMALL)
    keep(browser, f"{name}-{'dark' if dark else 'light'}")


SMALL = """
return [...document.querySelectorAll('button, .buttons a, summary')].filter(e => e.offsetHeight < 44)
  .map(e => e.innerText);
"""
"""What a thumb would miss (WCAG 2.2, 2.5.5)."""

CONTRASTS = """
const numbers = color => color.match(/[\\d.]+/g).map(Number);
const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = rgb => [.2126, .7152, .0722].reduce((sum, part, i) => sum + part * linear(rgb[i] / 255), 0);
const ground = e => {
  for (; e; e = e.parentElement) {
    const color = numbers(getComputedStyle(e).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const spoken = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
return [...document.querySelectorAll('main *')].filter(spoken).map(e => {
  const [one, other] = [light(numbers(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
  return [e.className || e.tagName, (one + .05) / (other + .05)];
}).filter(([, ratio]) => ratio < 4.5);
"""
"""Texts whose contrast with their ground is below 4.5 to 1 (WCAG 2.2, 1.4.3)."""


def test_paper_shows_the_ticket_and_no_buttons(browser: Browser, sold: Any) -> None:
    browser.look_like(width=800, height=1100, media="print")
    verdict(browser, f"{sold.served.address}{sold.path}")

    text = browser.text("main")
    keep(browser, "paper")
    browser.look_like(width=1100, height=1400)

    assert "Ticket authentique" in text
    assert "Enregistrer la preuve" not in text
    assert json.dumps(sold.answer["records"][0]["no"]) in text


def test_an_unknown_ticket_is_calm_on_a_phone(browser: Browser, sold: Any) -> None:
    browser.look_like(width=375, height=812)

    browser.open(f"{sold.served.address}/proof/{'0' * 64}")

    assert "n'est pas ici" in browser.text("h1")
    keep(browser, "unknown")
