"""A tiny tree that keeps every rule of the house: the ground into which violations are planted."""

from pathlib import Path

CLEAN = {
    "CHANGELOG.md": "# Changes\n\n## [1.2.3] - 2026-01-31\n\n- It works.\n",
    "Makefile": "demo:\n\ttrue\n\ntest:\n\ttrue\n",
    ".ci/run": "#!/usr/bin/env bash\n# Runs the tests.\nset -euo pipefail\nmake test\n",
    "README.md": "# Shop\n\n    make demo\n    make test\n\nSee [the house](docs/architecture.md#ranks).\n",
    "docs/architecture.md": "# The house\n\n## Ranks\n\nBack to [the front](../README.md).\n",
    "pyproject.toml": '[project]\nname = "guichet"\ndynamic = ["version"]\n',
    "setup.py": '"""Builds the shop."""\n',
    "engine_ext/__init__.py": '"""The core."""\n\nimport hashlib\n\nEMPTY = hashlib.sha256().digest()\n',
    "engine_ext/money.pyx": (
        '"""Adds cents; from engine import nothing, 1.5 times."""\n\n'
        "from libc.stdint cimport int64_t\nfrom engine_ext import EMPTY\n\n\n"
        'class Overflow(Exception):\n    """Too much."""\n\n\n'
        "cdef int64_t _plus(int64_t one, int64_t two) except? -1:\n    return one + two\n\n\n"
        'def add(one, two):\n    """The sum of two amounts in cents."""\n    return _plus(one, two)\n'
    ),
    "engine_ext/money.pyi": "class Overflow(Exception): ...\n\ndef add(one: int, two: int) -> int: ...\n",
    "engine/__init__.py": '"""What a shop decides."""\n',
    "engine/engine.py": (
        '"""The writer."""\n\nfrom engine.features import FEATURES\n\n\n'
        'class Engine:\n    """Runs commands."""\n\n'
        '    def ask(self) -> int:\n        """How many features there are."""\n        return len(FEATURES)\n'
    ),
    "engine/features.py": '"""The table of tables."""\n\nfrom engine.sales import table\n\nFEATURES = (table.ROWS,)\n',
    "engine/kernel/__init__.py": '"""What all stand on."""\n',
    "engine/kernel/clock.py": '"""The clock."""\n\nimport time\n\nNOW = time.time_ns\n',
    "engine/kernel/errors.py": '"""What may be declined."""\n\nCODES = ("kernel.id_reused",)\n',
    "engine/kernel/version.py": '"""The version."""\n\nVERSION = "1.2.3"\n',
    "engine/ports/__init__.py": '"""Devices as protocols."""\n',
    "engine/ports/printer.py": '"""What a printer does."""\n\nfrom engine.kernel import errors\n\nX = errors.CODES\n',
    "engine/catalogue/__init__.py": '"""What is for sale."""\n',
    "engine/catalogue/state.py": '"""Prices kept."""\n\nPRICES = {1: 250}\n',
    "engine/catalogue/views.py": '"""Prices asked."""\n\nfrom engine.catalogue import state\n\nPRICES = state.PRICES\n',
    "engine/sales/__init__.py": '"""What is sold."""\n',
    "engine/sales/records.py": '"""What happened at the till."""\n\nTAG = "sales.posted"\n',
    "engine/sales/state.py": '"""Tickets kept."""\n\nfrom engine.sales.records import TAG\n\nFOLDS = (TAG,)\n',
    "engine/sales/views.py": '"""Tickets asked."""\n\nfrom engine.sales.state import FOLDS\n\nALL = FOLDS\n',
    "engine/sales/post_sale.py": (
        '"""Posts a sale."""\n\nfrom engine.catalogue import views as catalogue\nfrom engine_ext import money\n\n'
        "TOTAL = money.add(catalogue.PRICES[1], 1)\n"
    ),
    "engine/sales/table.py": '"""What sales answer."""\n\nfrom engine.sales.post_sale import TOTAL\n\nROWS = [TOTAL]\n',
    "drivers/__init__.py": '"""Families of devices."""\n',
    "drivers/registry.py": '"""Drivers by name."""\n\nPRINTERS = {"memory": "drivers.printer.memory:Printer"}\n',
    "drivers/printer/__init__.py": '"""Printers."""\n',
    "drivers/printer/memory.py": '"""Remembers."""\n\nfrom engine.ports import printer\n\nCODES = printer.CODES\n',
    "server/__init__.py": '"""The thin server."""\n',
    "server/app.py": '"""Serves."""\n\nfrom drivers import registry\nfrom engine import engine\n\nX = [registry]\n',
    "tests/engine/sales/test_post_sale.py": '"""Sales add up."""\n\n\ndef test_it() -> None:\n    assert 1 + 1 == 2\n',
    "tests/engine_ext/test_money.py": '"""Cents add up."""\n\n\ndef test_sums() -> None:\n    assert 2 + 2 == 4\n',
}


def build(tree: Path, add: dict[str, str] | None = None, remove: tuple[str, ...] = ()) -> Path:
    """Writes the clean tree below ``tree`` without ``remove``; ``add`` is appended to its files or makes new ones."""
    texts = {name: text for name, text in CLEAN.items() if name not in remove}
    for name, text in (add or {}).items():
        texts[name] = texts.get(name, "") + text
    for name, text in texts.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tree
