"""What each profile of printer can do: paper, code pages, codes, knife, and whether it answers."""

from types import MappingProxyType

import msgspec

from engine.ports.printer import COLUMNS, CodePage, PrinterError, Profile, Setup

DOTS_OF_COLUMN = 12  # of font A, at 180 and at 203 dots per inch alike


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """One printer's abilities.

    ``columns`` of font A on a line, ``dots`` across the paper, ``code_page`` the text is written in; ``native_qr``:
    it draws QR codes itself; ``cuts``: it has a knife; ``answers``: it tells its status, and when it has worked through
    a job; ``clears``: it can be told to forget the rest of a broken job; ``escpos`` is its name in python-escpos, which
    knows the numbers of its code pages.
    """

    columns: int
    dots: int
    code_page: CodePage
    native_qr: bool
    cuts: bool
    answers: bool
    clears: bool
    escpos: str


PROFILES = MappingProxyType[Profile, Features](
    {
        "epson-80": Features(
            columns=42,
            dots=512,
            code_page="cp1252",
            native_qr=True,
            cuts=True,
            answers=True,
            clears=True,
            escpos="TM-T88V",
        ),
        "epson-80-48": Features(
            columns=48,
            dots=576,
            code_page="cp1252",
            native_qr=True,
            cuts=True,
            answers=True,
            clears=True,
            escpos="TM-T20II",
        ),
        "generic-80": Features(
            columns=48,
            dots=576,
            code_page="cp858",
            native_qr=False,
            cuts=True,
            answers=False,
            clears=False,
            escpos="TM-T20II",
        ),
        "generic-58": Features(
            columns=32,
            dots=384,
            code_page="cp858",
            native_qr=False,
            cuts=False,
            answers=False,
            clears=False,
            escpos="NT-5890K",
        ),
    }
)


def features_of(setup: Setup) -> Features:
    """The profile's features with what the printer's own row says otherwise."""
    features = PROFILES[setup.profile]
    if setup.columns is not None:
        if setup.columns not in COLUMNS or setup.columns * DOTS_OF_COLUMN > features.dots:
            text = f"{setup.columns} columns do not fit paper of {features.dots} dots"
            raise PrinterError("printer.bad_address", text)
        features = msgspec.structs.replace(features, columns=setup.columns)
    if setup.code_page is not None:
        features = msgspec.structs.replace(features, code_page=setup.code_page)
    return features
