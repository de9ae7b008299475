"""The API's description tried on a served shop by schemathesis: what it says is taken, answered and refused."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_shop import Served, enrol, send, sign_in, till_token

from engine.engine import Engine
from engine.features import FEATURES

HERE = Path(__file__).parent
PATHS = (HERE.parents[2], HERE.parents[1] / "reference")
LONG = os.environ.get("GUICHET_CAMPAIGN") == "long"
PHASES, EXAMPLES = ("examples,coverage,fuzzing", 100) if LONG else ("examples,fuzzing", 3)
SEED = ("--seed", os.environ.get("GUICHET_SEED", "1")) if LONG else ("--generation-deterministic",)
OPERATIONS_MIN = 100
ASKER = 7001
"""The till and the operator that ask: rows that examples and small numbers do not take away."""
FAILED = 1


@pytest.fixture(scope="module")
def described(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop that holds the example of every kind as row 1, so that something is found there."""
    data = Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("described") / "shop"))
    with Engine(data, unsafe_filesystem=True) as engine:
        rows = [(kind.name, 1, dict(kind.example)) for kind in FEATURES.kinds.values()]
        asker = [("tills", ASKER, {"name": "Essais"}), ("operators", ASKER, {"alias": "Essais", "role": "admin"})]
        for kind, id, row in (*rows, *asker):
            send(engine, f"{kind}.put", {"id": id, "row": row})
        signed_in = sign_in(engine, enrol(engine, ASKER), ASKER)
        assert f"till:{ASKER}:1:1" == signed_in.credential
    running = Served(data, "--sales-per-second", "100000", "--sales-burst", "100000")
    yield running
    running.close()


def tried(description: str, *extra: str) -> subprocess.CompletedProcess[str]:
    """A run of schemathesis on this description."""
    headers = ("--header", f"Authorization: Bearer {till_token(ASKER)}")  # the hooks add who stands there
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    return subprocess.run(
        [*program, description, *SEED, "--checks", "all", "--request-timeout", "30", *headers, *extra],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,  # where its file looks for the hooks
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (*PATHS, os.environ.get("PYTHONPATH", ""))))},
    )


@pytest.mark.campaign
@pytest.mark.timeout(0 if LONG else 600)
def test_what_is_described_is_what_is_served(described: Served) -> None:
    ended = tried(
        f"{described.address}/api/openapi.json",
        *("--phases", PHASES, "--max-examples", str(EXAMPLES), "--continue-on-failure"),
    )

    assert 0 == ended.returncode, ended.stdout + ended.stderr
    counted = re.search(r"Tested: (\d+)", ended.stdout)
    assert counted is not None
    assert OPERATIONS_MIN < int(counted[1])
    assert {"engine", "worker", "outbox", "chores"} == set(described.pids())


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"seq":{"type":"integer"}', '"seq":{"type":"string"}'),
        ('"float_in":{"type":"integer"', '"float_in":{"type":"boolean"'),
        ('"404":{', '"418":{'),
    ],
)
def test_a_description_that_is_not_true_is_found(described: Served, tmp_path: Path, said: str, instead: str) -> None:
    document = json.dumps(described.ask("GET", "/api/openapi.json").json, separators=(",", ":"))
    assert said in document
    lying = tmp_path / "openapi.json"
    lying.write_text(document.replace(said, instead), encoding="utf-8")

    ended = tried(
        str(lying),
        *("--url", described.address, "--phases", "examples,fuzzing", "--max-examples", "5"),
        *("--include-path", "/api/v1/cash/open", "--include-path", "/api/v1/tills/{id}"),
    )

    assert FAILED == ended.returncode, ended.stdout + ended.stderr
