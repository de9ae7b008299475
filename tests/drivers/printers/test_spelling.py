"""Texts in the signs of a code page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printers.spelling import spell
from engine.ports.printer import CodePage, clean


@pytest.mark.parametrize(
    ("text", "cp1252", "cp858"),
    [
        ("Crème brûlée à l’œuf", "Crème brûlée à l’œuf", "Crème brûlée à l'oeuf"),
        ("Œuvre … « € » – ½", "Œuvre … « € » – ½", "OEuvre ... « € » - ½"),
        ("Żubrówka ŠČ ł", "Zubrówka ŠC l", "Zubrówka SC l"),
        ("№ 5 ™ ﬁn", "No 5 ™ fin", "No 5 TM fin"),
        ("寿司 👍 Ωµ", "?? ? ?µ", "?? ? ?µ"),
        ("x\u0335y", "xy", "xy"),
    ],
)
def test_what_a_page_lacks_is_written_otherwise(text: str, cp1252: str, cp858: str) -> None:
    assert (cp1252, cp858) == (spell(text, "cp1252"), spell(text, "cp858"))


@given(st.text(), st.sampled_from(["cp1252", "cp858"]))
@settings(max_examples=300, deadline=None)
def test_every_clean_text_can_be_written_and_holds_no_control_byte(text: str, page: CodePage) -> None:
    data = spell(clean(text), page).encode(page)

    assert all(byte >= 0x20 and byte != 0x7F for byte in data)
