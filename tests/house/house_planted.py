"""Violations planted one by one: each names the one rule that must report it, the file to blame and what is planted."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plant:
    """One violation: text appended to files (or new files), files taken away, and who must report it where."""

    rule: str
    where: str
    add: dict[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def __str__(self) -> str:
        planted = " ".join(next(iter(self.add.values()), "without " + ", ".join(self.remove)).split())
        return f"{self.rule.removeprefix('rule_')}: {self.where}: {planted[:60]}"


def _planted(rule: str, where: str, *texts: str) -> list[Plant]:
    return [Plant(rule, where, {where: text}) for text in texts]


IMPORTS = [
    *_planted(
        "rule_engine_ranks",
        "engine/kernel/errors.py",
        "import server.app\n",
        "from drivers import registry\n",
        "import engine.ports.printer\n",
        "from engine import features\n",
        "import engine.kernel\n",
        "import engine\n",
        "def late() -> None:\n    '''Late.'''\n    from engine.engine import Engine\n",
    ),
    *_planted("rule_engine_ranks", "engine/ports/printer.py", "from engine.sales import records\n"),
    *_planted("rule_engine_ranks", "engine/sales/records.py", "from engine.sales import views\n"),
    *_planted("rule_engine_ranks", "engine/sales/state.py", "if 0:\n    from engine.sales.views import ALL\n"),
    *_planted("rule_engine_ranks", "engine/sales/views.py", "from engine.sales.post_sale import TOTAL\n"),
    *_planted("rule_engine_ranks", "engine/sales/post_sale.py", "from engine.sales import table\n"),
    *_planted("rule_engine_ranks", "engine/sales/table.py", "from engine.features import FEATURES\n"),
    *_planted("rule_engine_ranks", "engine/features.py", "import engine.engine\n"),
    *_planted(
        "rule_capability_privacy",
        "engine/sales/post_sale.py",
        "from engine.catalogue import state\n",
        "from engine.catalogue.state import PRICES\n",
        "import engine.catalogue.state as prices\n",
    ),
    *_planted("rule_capability_privacy", "engine/features.py", "from engine.sales.post_sale import TOTAL\n"),
    *_planted("rule_capability_privacy", "engine/engine.py", "from engine.sales import table\n"),
    Plant(
        "rule_capability_privacy",
        "engine/catalogue/table.py",
        {"engine/catalogue/table.py": '"""Answers."""\n\nfrom engine.sales import post_sale\n'},
    ),
    Plant(
        "rule_capability_privacy",
        "engine/catalogue/table.py",
        {"engine/catalogue/table.py": '"""Answers."""\n\nfrom engine.sales.table import ROWS\n'},
    ),
    *_planted("rule_capability_files", "engine/sales/helpers.py", '"""Odds and ends."""\n'),
    Plant(
        "rule_capability_files",
        "engine/sales/deep/views.py",
        {"engine/sales/deep/views.py": '"""Deep."""\n', "engine/sales/deep/__init__.py": '"""Deeper."""\n'},
    ),
    *_planted(
        "rule_core_sees_nothing",
        "engine_ext/money.pyx",
        "from engine.kernel import errors\n",
        "from engine.kernel.errors cimport (\n    Refusal,\n)\n",
        "cimport engine.kernel.errors\n",
        "def late():\n    '''Late.'''\n    import numpy; import drivers.registry\n",
    ),
    *_planted("rule_core_sees_nothing", "engine_ext/money.pyi", "from engine.kernel.errors import CODES\n"),
    *_planted("rule_core_sees_nothing", "engine_ext/shared.pxd", "from server cimport app\n"),
    *_planted("rule_core_sees_nothing", "engine_ext/__init__.py", "import engine.kernel.errors\n"),
    *_planted(
        "rule_drivers_see_ports",
        "drivers/printer/memory.py",
        "from engine.kernel import version\n",
        "from engine.sales import views\n",
        "import server.app\n",
        "from engine_ext import __init__\n",
    ),
    *_planted(
        "rule_server_sees_the_door",
        "server/app.py",
        "from engine.sales import views\n",
        "from engine.kernel import clock\n",
        "from engine_ext.money import add\n",
        "import engine\n",
    ),
    *_planted("rule_no_relative_imports", "engine/sales/views.py", "from . import records\n"),
    *_planted("rule_no_relative_imports", "engine_ext/money.pyx", "from .money import add as plus\n"),
    *_planted("rule_no_import_of_tests", "tests/engine_ext/test_money.py", "import tests\n", "from docs import conf\n"),
    *_planted("rule_no_hidden_imports", "server/app.py", "import importlib\n\nAPP = importlib.import_module('x')\n"),
    *_planted("rule_no_hidden_imports", "engine/features.py", "TIME = __import__('time')\n"),
]

LONG = "".join(f"    x{number} = {number}\n" for number in range(70))
LONG_C = "static int long_one(int x)\n{\n" + "    x += 1;\n" * 70 + "}\n"
SHAPE = [
    *_planted("rule_file_lines", "engine/sales/views.py", "X = 1\n" * 500),
    *_planted("rule_file_lines", "engine_ext/money.pyx", "X = 1\n" * 500),
    *_planted("rule_file_lines", "server/ui/till.svelte", "<p>\n" * 501),
    *_planted("rule_function_lines", "setup.py", f"\n\ndef long_one():\n{LONG}", f"\n\nasync def long_one():\n{LONG}"),
    *_planted("rule_function_lines", "engine_ext/money.pyx", f"\ncdef int long_one(\n    int x,\n) except -1:\n{LONG}"),
    *_planted("rule_function_lines", "tests/faults/shim.c", LONG_C),
    *_planted("rule_init_is_one_sentence", "engine/sales/__init__.py", "X = 1\n"),
    *_planted("rule_init_is_one_sentence", "server/__init__.py", "\nfrom server import app\n"),
    Plant("rule_init_is_one_sentence", "drivers/printer/__init__.py", remove=("drivers/printer/__init__.py",)),
    *_planted("rule_no_init_among_tests", "tests/engine/__init__.py", '"""Tests of the engine."""\n'),
    *_planted("rule_module_docstrings", "server/live.py", "X = 1\n", '"""The thin server."""\n', '"""no sentence"""\n'),
    *_planted("rule_module_docstrings", "engine_ext/tax.pyx", "X = 1\n"),
    *_planted("rule_module_docstrings", "tests/conftest.py", "X = 1\n"),
    *_planted(
        "rule_public_docstrings",
        "engine/sales/views.py",
        "\n\ndef ticket() -> int:\n    return 1\n",
        "\n\nclass Ticket:\n    number = 1\n",
        '\n\nclass Ticket:\n    """A ticket."""\n\n    @property\n    def total(self) -> int:\n        return 1\n',
    ),
    Plant(
        "rule_public_docstrings",
        "engine_ext/money.pyi",
        {
            "engine_ext/money.pyx": "\n\ncpdef sub(one, two):\n    return one - two\n",
            "engine_ext/money.pyi": "def sub(one: int, two: int) -> int: ...\n",
        },
    ),
    Plant(
        "rule_public_docstrings",
        "engine_ext/money.pyi",
        {
            "engine_ext/money.pyx": "\n\ncdef class Book:\n    def _size(self):\n        'Its size.'\n",
            "engine_ext/money.pyi": "class Book: ...\n",
        },
    ),
    *_planted("rule_no_marks", "engine/sales/views.py", "# TO" + "DO later\n"),
    *_planted("rule_no_marks", "engine_ext/money.pyx", "# FIX" + "ME: rounds wrong\n"),
    *_planted("rule_no_marks", "Makefile", "# X" + "XX\n"),
    *_planted(
        "rule_exceptions_carry_reasons",
        "server/app.py",
        "X = 1  # no" + "qa\n",
        "X = 1  # no" + "qa: S603\n",
        "X = 1  # type" + ": ignore\n",
        "X = 1  # type" + ": ignore[misc]\n",
        "# fmt" + ": off\n",
        "X = 1  # no" + "qa: S603 - a fixed command\n\nY = 1  # no" + "qa: S603\n",
    ),
]

PURE = [
    *_planted(
        "rule_no_floats",
        "engine/sales/post_sale.py",
        "RATE = 5.5\n",
        "RATE = float(TOTAL)\n",
        "HALF = TOTAL / 2\n",
        "HALF = TOTAL\nHALF /= 2\n",
    ),
    *_planted("rule_no_floats", "engine/kernel/errors.py", "RATE = 1e3\n"),
    *_planted(
        "rule_no_floats",
        "engine_ext/money.pyx",
        "cdef double rate = 5\n",
        "RATE = 5.5\n",
        "RATE = .5\n",
        "RATE = 1e3\n",
        "RATE = float('5')\n",
    ),
    *_planted(
        "rule_no_clock_no_chance",
        "engine/sales/post_sale.py",
        "import time\n",
        "from random import choice\n",
        "import uuid as ids\n",
        "import secrets\n",
        "import datetime\n\nNOW = datetime.datetime.now()\n",
        "from datetime import date\n\nTODAY = date.today()\n",
        "import os\n\nSALT = os.urandom(16)\n",
        "from os import urandom\n",
        "import numpy as np\n\nX = np.random.default_rng().integers(3)\n",
        "KEY = Ed25519PrivateKey.generate()\n",
    ),
    *_planted("rule_no_clock_no_chance", "engine_ext/money.pyx", "from libc.time cimport time\n", "import random\n"),
]

MIRROR = [
    Plant("rule_verbs_have_tests", "engine/sales/post_sale.py", remove=("tests/engine/sales/test_post_sale.py",)),
    Plant(
        "rule_verbs_have_tests",
        "engine/sales/refund_ticket.py",
        {
            "engine/sales/refund_ticket.py": '"""Refunds."""\n',
            "tests/engine/sales/test_refund_ticket.py": '"""Empty."""\n',
        },
    ),
    Plant("rule_core_has_stubs_and_tests", "engine_ext/money.pyx", remove=("engine_ext/money.pyi",)),
    Plant("rule_core_has_stubs_and_tests", "engine_ext/money.pyx", remove=("tests/engine_ext/test_money.py",)),
    *_planted("rule_core_has_stubs_and_tests", "engine_ext/old.pyi", "OLD: int\n"),
    *_planted(
        "rule_every_test_asserts", "tests/engine_ext/test_money.py", "\n\ndef test_more() -> None:\n    print(1)\n"
    ),
    Plant(
        "rule_version_in_one_place",
        "CHANGELOG.md",
        {"engine/kernel/version.py": '"""The version."""\n\nVERSION = "2.0.0"\n'},
        ("engine/kernel/version.py",),
    ),
    Plant("rule_version_in_one_place", "CHANGELOG.md", remove=("CHANGELOG.md",)),
    *_planted("rule_version_in_one_place", "pyproject.toml", 'version = "1.2.3"\n'),
    *_planted("rule_version_in_one_place", "server/app.py", 'VERSION = "1.2.3"\n'),
    *_planted("rule_one_title_each", "docs/architecture.md", "\n# Again\n"),
    *_planted("rule_one_title_each", "docs/pricing.md", "## No title\n"),
    *_planted(
        "rule_links_resolve",
        "README.md",
        "[gone](docs/gone.md)\n",
        "[gone](docs/architecture.md#gone)\n",
        "[gone](#gone)\n",
    ),
    *_planted("rule_commands_exist", "docs/architecture.md", "\nRun `make coffee`.\n"),
    *_planted("rule_commands_exist", ".ci/run", "make test lint\n"),
]

PLANTS = [*IMPORTS, *SHAPE, *PURE, *MIRROR]
