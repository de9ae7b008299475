"""The public proof as data and text, checked here by other means; addresses that lead to nothing; its languages."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.engine import export_journal
from server.cli.check_proof import check_inclusion
from server.proof.serve_proof import FILES, language_of

VERIFIER = Path(__file__).parents[3] / "engine" / "fiscal" / "verify_export.py"


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root by the definition of an audit path (RFC 9162, 2.1.3.1): the last hash joins the two halves."""
    if size == 1 or not path:
        return leaf if size == 1 and not path else b""  # a path that is too long or too short leads nowhere
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return hashlib.sha256(b"\1" + root_of(leaf, index, half, path[:-1]) + path[-1]).digest()
    return hashlib.sha256(b"\1" + path[-1] + root_of(leaf, index - half, size - half, path[:-1])).digest()


def checked(bundle: dict[str, Any]) -> bool:
    """Whether everything in the data holds together."""
    text, _, signatures = bundle["checkpoint"].rpartition("\n\n")
    name, size, root = text.split("\n")
    mark, signer, signature = signatures.strip().split(" ")
    entry = base64.b64decode(bundle["entry"])
    leaf = hashlib.sha256(b"\0" + entry).digest()
    path = [base64.b64decode(line) for line in bundle["path"]]
    keys = [key.split("+", 2) for key in bundle["keys"]]
    id = base64.b64decode(signature)[:4].hex()
    (public,) = [base64.b64decode(key)[1:] for _, said, key in keys if said == id]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature)[4:], f"{text}\n".encode())
    except InvalidSignature:
        return False
    return (
        (mark, signer, bundle["leaf"], bundle["size"]) == ("\u2014", name, leaf.hex(), int(size))
        and root_of(leaf, bundle["index"], int(size), path) == base64.b64decode(root)
        and json.loads(entry)["seq"] == bundle["index"]
    )


def test_the_data_prove_the_ticket_by_other_means(sold: Any) -> None:
    answer = sold.served.ask("GET", f"/proof/{sold.leaf}.json{sold.query}")

    bundle = answer.json
    entry = json.loads(base64.b64decode(bundle["entry"]))
    assert (200, "application/json") == (answer.status, answer.headers["content-type"])
    assert (sold.leaf, sold.answer["seq"], 1) == (bundle["leaf"], bundle["index"], bundle["gen"])
    assert sold.answer["records"] == entry["rec"]
    assert "Chez Léa <b>&co</b>" == bundle["shop"]
    assert checked(bundle)


@pytest.mark.parametrize("part", ["path", "checkpoint", "entry", "index"])
def test_the_other_means_would_find_an_altered_one(sold: Any, part: str) -> None:
    bundle = sold.served.ask("GET", f"/proof/{sold.leaf}.json{sold.query}").json
    root = bundle["checkpoint"].split("\n")[2]
    altered = {
        "path": [base64.b64encode(bytes(32)).decode(), *bundle["path"][1:]],
        "checkpoint": bundle["checkpoint"].replace(root, base64.b64encode(bytes(32)).decode()),
        "entry": base64.b64encode(base64.b64decode(bundle["entry"]).replace(b"24", b"23", 1)).decode(),
        "index": bundle["index"] - 1,
    }

    assert not checked(bundle | {part: altered[part]})


def test_the_leaf_alone_is_proven_without_what_it_stands_for(sold: Any) -> None:
    bundle = sold.served.ask("GET", f"/proof/{sold.leaf}.json").json

    whole = sold.served.ask("GET", f"/proof/{sold.leaf}.json{sold.query}").json
    assert whole | {"entry": None} == bundle


def test_the_text_is_the_one_that_the_sale_was_answered_with_and_the_verifier_takes_it(
    sold: Any, tmp_path: Path
) -> None:
    answer = sold.served.ask("GET", f"/proof/{sold.leaf}.txt{sold.query}")
    receipt = tmp_path / "receipt.txt"
    receipt.write_bytes(answer.body)
    export_journal(sold.served.data, tmp_path / "export.zip")

    ran = subprocess.run(
        [sys.executable, str(VERIFIER), str(tmp_path / "export.zip"), "--receipt", str(receipt)],
        capture_output=True,
        text=True,
        check=False,
    )

    keys = sold.served.ask("GET", f"/proof/{sold.leaf}.json{sold.query}").json["keys"]
    assert sold.answer["proof"].encode() == answer.body
    assert f'attachment; filename="guichet-{sold.leaf[:16]}.txt"' == answer.headers["content-disposition"]
    assert f"receipt of entry {sold.answer['seq']} of guichet/" in ran.stdout
    assert ": proven" in ran.stdout
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
    size = check_inclusion(bytes.fromhex(sold.leaf), sold.answer["seq"], answer.body.decode(), keys)
    assert size > sold.answer["seq"]


def test_an_address_that_leads_to_nothing_is_a_calm_page(sold: Any) -> None:
    wrong = f"?e=1.{sold.answer['seq']}.0000000000000000"
    paths = [f"/proof/{'0' * 64}", "/proof/x", f"/proof/{sold.leaf.upper()}{sold.query}", f"/proof/{sold.leaf}{wrong}"]
    paths += [f"/proof/{sold.leaf}?e={'1' * 500}", f"/proof/{sold.leaf}?e=%00", "/proof/%3Cscript%3E"]

    answers = [sold.served.ask("GET", path) for path in paths]

    assert {(404, "text/html; charset=utf-8")} == {(each.status, each.headers["content-type"]) for each in answers}
    assert 1 == len({each.body for each in answers})
    assert "Ce ticket n&#x27;est pas ici" in answers[0].body.decode()


@pytest.mark.parametrize("end", [".json", ".txt"])
def test_data_of_nothing_are_a_problem(sold: Any, end: str) -> None:
    answer = sold.served.ask("GET", f"/proof/{'0' * 64}{end}")

    assert (404, "api.not_found") == (answer.status, answer.json["code"])


def test_the_page_takes_nothing_from_elsewhere_and_runs_nothing_inline(sold: Any) -> None:
    answer = sold.served.ask("GET", sold.path)

    assert 200 == answer.status
    assert f'<script type="module" src="..{FILES["proof_page_script"].address}"></script>'.encode() in answer.body
    assert 1 == answer.body.count(b"<script")
    assert b"//" not in answer.body
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_its_files_are_served_under_the_hash_of_what_they_hold_and_kept_by_caches(sold: Any) -> None:
    folder = VERIFIER.parents[2] / "server" / "proof"
    whole = [(folder / name).read_bytes() for name in ("check.js", "texts.js", "page.css", "page.js")]
    addresses = {name: file.address for name, file in FILES.items()}

    served = {name: sold.served.ask("GET", address) for name, address in addresses.items()}

    whole[3] = re.sub(rb'"\./(proof-\w+)\.js"', lambda found: b'"./%b.js?v="' % found[1], whole[3])
    assert whole == [re.sub(rb"\?v=[0-9a-f]{16}", b"?v=", answer.body) for answer in served.values()]
    for name, answer in served.items():
        hash = hashlib.sha256(answer.body).hexdigest()[:16]
        assert addresses[name].endswith(f"?v={hash}")
        assert ("public, max-age=31536000, immutable", f'"{hash}"') == (
            answer.headers["cache-control"],
            answer.headers["etag"],
        )
    assert addresses["proof_check_script"].encode() in served["proof_page_script"].body
    assert addresses["proof_texts_script"].encode() in served["proof_page_script"].body


def test_a_file_under_another_hash_is_kept_by_nobody_and_a_known_one_not_sent_again(sold: Any) -> None:
    address = FILES["proof_style"].address
    tag = sold.served.ask("GET", address).headers["etag"]

    other = [sold.served.ask("GET", path) for path in ("/proof.css", "/proof.css?v=0000000000000000")]
    known = sold.served.ask("GET", address, headers={"If-None-Match": tag})

    assert ["no-store", "no-store"] == [each.headers["cache-control"] for each in other]
    assert (304, b"", tag) == (known.status, known.body, known.headers["etag"])
    pages = [sold.served.ask("GET", path).headers for path in (sold.path, f"/proof/{sold.leaf}.json", "/api")]
    assert ["no-store"] * 3 == [headers["cache-control"] for headers in pages]


def test_no_script_puts_text_in_as_markup() -> None:
    folder = VERIFIER.parents[2] / "server" / "proof"

    scripts = "".join(file.read_text() for file in folder.glob("*.js"))

    assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} & {
        word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(") if word in scripts
    }


def test_every_language_says_everything() -> None:
    texts = (VERIFIER.parents[2] / "server" / "proof" / "texts.js").read_text()
    parts = texts.partition("export const TEXTS")[2].split("\n  },\n")[:4]

    words = [sorted(set(re.findall(r"(?:^|[ \n{,])([a-z_]+): \"", part))) for part in parts]

    assert 4 == len(words)
    assert words[0] == words[1] == words[2] == words[3]
    assert len(words[0]) > 60


def test_what_is_not_read_is_not_answered_by_another_method(sold: Any) -> None:
    answer = sold.served.ask("POST", sold.path, {})

    assert (405, {"GET", "HEAD"}) == (answer.status, set(answer.headers["allow"].split(", ")))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "fr"),
        ("de", "de"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("es,pt;q=0.9,en;q=0.1", "en"),
        ("es", "fr"),
        ("en;q=0.2, de;q=0.7, fr;q=0.3", "de"),
        ("en;q=0, de;q=0.001", "de"),
        ("EN-us", "en"),
        ("*", "fr"),
        ("en;q=nan,;;;,=,de;q=2", "fr"),
        ("x" * 100_000, "fr"),
    ],
)
def test_the_page_speaks_the_language_that_the_browser_asks_for(accepted: str, language: str) -> None:
    assert language == language_of(accepted)


def test_the_page_says_which_language_it_speaks(sold: Any) -> None:
    answer = sold.served.ask("GET", sold.path, headers={"Accept-Language": "nl"})

    assert ("nl", "accept-language") == (answer.headers["content-language"], answer.headers["vary"])
    assert b'<html lang="nl">' in answer.body
