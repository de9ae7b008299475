"""The one-file verifier: run as an inspector runs it, without anything of ours."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES, export_journal
from engine.kernel.store import Store


def _run(export: Path, *arguments: str, isolated: bool = True) -> tuple[int, str]:
    verifier = export / "verify_export.py" if export.is_dir() else export.parent / "verify_export.py"
    command = [sys.executable, *(["-I"] if isolated else ["-I", "-S"]), str(verifier), str(export), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=export.parent)
    assert "" == done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def export(opened: Store, tmp_path: Path) -> Path:
    """An export of the busy shop."""
    export_journal(opened, FEATURES, tmp_path / "export")
    return tmp_path / "export"


def test_a_whole_export_is_proven_as_directory_and_as_archive(opened: Store, export: Path, tmp_path: Path) -> None:
    export_journal(opened, FEATURES, tmp_path / "export.zip")
    shutil.copy(export / "verify_export.py", tmp_path)

    assert 0 == _run(export)[0]
    code, words = _run(tmp_path / "export.zip")
    assert 0 == code
    assert "VERDICT: PROVEN" in words


def test_without_the_package_for_signatures_the_verdict_is_incomplete(export: Path) -> None:
    code, words = _run(export, isolated=False)

    assert 2 == code
    assert "signatures were NOT checked" in words


def test_a_receipt_is_proven_by_its_proof_and_another_shops_is_not(bar: Shop, tmp_path: Path) -> None:
    bar.do("cash.open", {"float_in": 0})
    sold = bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}]})
    export_journal(bar.engine.store, FEATURES, tmp_path / "export")
    (tmp_path / "proof.txt").write_text(sold.proof, encoding="utf-8")
    other = Shop(tmp_path / "other", FEATURES, seed=5)
    foreign = other.configure("vat-rates", 1, {"title": "Taux", "percent": "20"}).proof
    other.close()
    (tmp_path / "foreign.txt").write_text(foreign, encoding="utf-8")
    index = int(sold.proof.split("index ")[1].split("\n")[0])
    (tmp_path / "moved.txt").write_text(sold.proof.replace(f"index {index}", f"index {index - 1}"), encoding="utf-8")

    right = _run(tmp_path / "export", "--receipt", str(tmp_path / "proof.txt"))
    wrong = _run(tmp_path / "export", "--receipt", str(tmp_path / "foreign.txt"))
    moved = _run(tmp_path / "export", "--receipt", str(tmp_path / "moved.txt"))

    assert 0 == right[0]
    assert f"receipt of entry {index}" in right[1]
    assert 1 == wrong[0]
    assert "no such entry" in wrong[1]
    assert 1 == moved[0]


def test_a_checkpoint_beyond_the_end_shows_what_was_cut_off(bar: Shop, tmp_path: Path) -> None:
    export_journal(bar.engine.store, FEATURES, tmp_path / "export")
    later = bar.configure("vat-rates", 1, {"title": "Taux", "percent": "20"}).proof.split("\n\n", 1)[1]
    (tmp_path / "checkpoint.txt").write_text(later, encoding="utf-8")

    assert 0 == _run(tmp_path / "export")[0]
    code, words = _run(tmp_path / "export", "--checkpoint", str(tmp_path / "checkpoint.txt"))
    assert 1 == code
    assert "truncated" in words


def test_a_checkpoint_with_the_right_size_and_another_root_shows_another_history(bar: Shop, tmp_path: Path) -> None:
    note = bar.configure("vat-rates", 1, {"title": "Taux", "percent": "20"}).proof.split("\n\n", 1)[1]
    export_journal(bar.engine.store, FEATURES, tmp_path / "export")
    lines = note.split("\n")
    lines[2] = "A" * 43 + "="
    (tmp_path / "checkpoint.txt").write_text("\n".join(lines), encoding="utf-8")

    code, words = _run(tmp_path / "export", "--checkpoint", str(tmp_path / "checkpoint.txt"))

    assert 1 == code
    assert "another root" in words
    assert "another key" in words


def test_what_is_no_export_cannot_be_checked(export: Path, tmp_path: Path) -> None:
    shutil.copy(export / "verify_export.py", tmp_path)
    (tmp_path / "empty.zip").write_bytes(b"no archive")

    code, words = _run(tmp_path / "empty.zip")

    assert 2 == code
    assert "VERDICT: NOT CHECKED" in words


def test_a_manifest_that_says_less_than_there_is_is_found(export: Path) -> None:
    manifest = export / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"size": ', '"size": 1'))

    assert 1 == _run(export)[0]


def test_the_verifier_imports_nothing_of_ours() -> None:
    text = (Path(__file__).parents[3] / "engine" / "fiscal" / "verify_export.py").read_text(encoding="utf-8")

    assert not [line for line in text.splitlines() if line.lstrip().startswith(("import engine", "from engine"))]
