"""What an export says of itself names what is in it."""

from engine.fiscal.describe_export import README
from engine.kernel.messages import Header


def test_every_field_of_the_header_is_described() -> None:
    described = set(README.replace(":", " ").split())

    assert set(Header.__struct_fields__) <= described


def test_every_file_is_named_in_both_languages() -> None:
    french, _, english = README.partition("IN ENGLISH")

    assert all(name in french for name in ("manifest.json", "entries.ndjson", "checkpoints.ndjson", "keys.txt"))
    assert all(name in english for name in ("manifest.json", "entries.ndjson", "checkpoints.ndjson", "keys.txt"))
