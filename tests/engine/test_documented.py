"""The documents name every sealed field and every refusal code."""

import re
from pathlib import Path

import msgspec

from engine.features import FEATURES
from engine.kernel.genesis import Before
from engine.kernel.messages import Entry, Link
from engine.sales.records import Customer, Discount, Given, Line, Option, Original, Rate

DOCS = Path(__file__).parents[2] / "docs"


def test_every_sealed_field_is_named_in_the_journal_document() -> None:
    named = set(re.findall(r"`([a-z_]+)`", (DOCS / "journal.md").read_text(encoding="utf-8")))
    structs: list[type[msgspec.Struct]] = [*FEATURES.folds, Entry, Link, Before, Customer, Discount, Given, Line]
    structs += [Option, Original, Rate]

    fields = {field.name for struct in structs for field in msgspec.structs.fields(struct)}

    assert len(fields) > 60
    assert fields - named == set()


def test_every_record_is_named_in_the_journal_document() -> None:
    text = (DOCS / "journal.md").read_text(encoding="utf-8")

    missing = [tag for record in FEATURES.folds if f"`{(tag := record.__struct_config__.tag)}`" not in text]

    assert missing == []
