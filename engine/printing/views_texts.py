"""The words of receipts in French, English, Dutch and German, and how each language writes amounts and times."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

Language = Literal["fr", "en", "nl", "de"]

SYMBOLS = MappingProxyType({"EUR": "€", "GBP": "£", "USD": "$", "XPF": "F"})
"""Currency -> its sign; any other currency is written by its code."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a language writes numbers and days: its group and decimal signs, whether the currency comes first, the order
    of a date's parts (``str.format`` with y, m, d)."""

    group: str
    point: str
    currency_first: bool
    date: str


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "fr": Style(group=" ", point=",", currency_first=False, date="{d}/{m}/{y}"),
        "en": Style(group=",", point=".", currency_first=True, date="{d}/{m}/{y}"),
        "nl": Style(group=".", point=",", currency_first=True, date="{d}-{m}-{y}"),
        "de": Style(group=".", point=",", currency_first=False, date="{d}.{m}.{y}"),
    }
)

_WORDS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "ticket": ("Ticket", "Receipt", "Kassabon", "Beleg"),
        "refund": ("AVOIR / REMBOURSEMENT", "REFUND", "TERUGBETALING", "ERSTATTUNG"),
        "refund_of": ("Du ticket n° {no}", "Of receipt no. {no}", "Van bon nr. {no}", "Zu Beleg Nr. {no}"),
        "reason": ("Motif : {text}", "Reason: {text}", "Reden: {text}", "Grund: {text}"),
        "training": ("FACTICE - FORMATION", "VOID - TRAINING", "OPLEIDING - ONGELDIG", "TRAINING - UNGÜLTIG"),
        "original": ("ORIGINAL", "ORIGINAL", "ORIGINEEL", "ORIGINAL"),
        "duplicate": ("DUPLICATA n° {copy}", "DUPLICATE no. {copy}", "DUPLICAAT nr. {copy}", "DUPLIKAT Nr. {copy}"),
        "preview": (
            "APERÇU - NON REMIS AU CLIENT",
            "PREVIEW - NOT HANDED OVER",
            "VOORBEELD - NIET OVERHANDIGD",
            "ANSICHT - NICHT AUSGEHÄNDIGT",
        ),
        "number": ("{what} n° {no}", "{what} no. {no}", "{what} nr. {no}", "{what} Nr. {no}"),
        "series": ("série {series}", "series {series}", "reeks {series}", "Serie {series}"),
        "till": ("Caisse {id} {name}", "Till {id} {name}", "Kassa {id} {name}", "Kasse {id} {name}"),
        "operator": ("Opérateur : {name}", "Served by: {name}", "Bediend door: {name}", "Bedient von: {name}"),
        "siret": ("SIRET : {value}", "SIRET: {value}", "SIRET: {value}", "SIRET: {value}"),
        "naf": ("NAF : {value}", "NAF: {value}", "NAF: {value}", "NAF: {value}"),
        "vat_number": ("TVA : {value}", "VAT no.: {value}", "Btw-nr.: {value}", "USt-IdNr.: {value}"),
        "phone": ("Tél. : {value}", "Tel.: {value}", "Tel.: {value}", "Tel.: {value}"),
        "missing": ("non renseigné", "not given", "niet ingevuld", "nicht angegeben"),
        "address": ("Adresse : {value}", "Address: {value}", "Adres: {value}", "Adresse: {value}"),
        "note": ("Note : {text}", "Note: {text}", "Opmerking: {text}", "Hinweis: {text}"),
        "lines": ("Nombre de lignes : {n}", "Number of lines: {n}", "Aantal regels: {n}", "Anzahl Zeilen: {n}"),
        "lines_hidden": (
            "Nombre de lignes : {n} (dont {hidden} gratuites, non imprimées)",
            "Number of lines: {n} ({hidden} of them free and not printed)",
            "Aantal regels: {n} (waarvan {hidden} gratis, niet afgedrukt)",
            "Anzahl Zeilen: {n} (davon {hidden} kostenlos, nicht gedruckt)",
        ),
        "subtotal": ("Sous-total", "Subtotal", "Subtotaal", "Zwischensumme"),
        "saved": ("Vous avez économisé", "You saved", "U hebt bespaard", "Sie haben gespart"),
        "total_net": ("Total HT", "Total excl. VAT", "Totaal excl. btw", "Summe netto"),
        "total_vat": ("Total TVA", "Total VAT", "Totaal btw", "Summe USt"),
        "total": ("TOTAL TTC", "TOTAL incl. VAT", "TOTAAL incl. btw", "SUMME brutto"),
        "sum": ("Total", "Total", "Totaal", "Summe"),
        "rate": ("Taux", "Rate", "Tarief", "Satz"),
        "net": ("HT", "Net", "Excl.", "Netto"),
        "vat": ("TVA", "VAT", "Btw", "USt"),
        "gross": ("TTC", "Gross", "Incl.", "Brutto"),
        "margin": ("marge", "margin", "marge", "Marge"),
        "exempt": ("exonéré", "exempt", "vrijgesteld", "befreit"),
        "intra-eu": ("exonéré UE", "exempt EU", "vrijgesteld EU", "befreit EU"),
        "stored": ("hors TVA", "outside VAT", "buiten btw", "ohne USt"),
        "table": ("Table : {name}", "Table: {name}", "Tafel: {name}", "Tisch: {name}"),
        "covers": ("Couverts : {name}", "Covers: {name}", "Couverts: {name}", "Gedecke: {name}"),
        "zone": ("Zone : {name}", "Zone: {name}", "Zone: {name}", "Zone: {name}"),
        "customer": ("Client : {name}", "Customer: {name}", "Klant: {name}", "Kunde: {name}"),
        "deposit": ("consigne", "deposit", "statiegeld", "Pfand"),
        "change": ("Rendu", "Change", "Wisselgeld", "Rückgeld"),
        "tip": ("dont pourboire", "of which tip", "waarvan fooi", "davon Trinkgeld"),
        "kept": ("dont non rendu", "of which not returned", "waarvan niet terug", "davon einbehalten"),
        "rounding": ("Arrondi espèces", "Cash rounding", "Afronding contant", "Barzahlungsrundung"),
        "due": ("Reste dû", "Still due", "Nog te betalen", "Noch offen"),
        "due_off": ("Déduit du reste dû", "Taken off what is due", "Verrekend", "Verrechnet"),
        "later": ("Depuis l'émission :", "Since it was issued:", "Sinds de uitgifte:", "Seit der Ausstellung:"),
        "paid_on": ("Réglé le {when}", "Paid on {when}", "Betaald op {when}", "Bezahlt am {when}"),
        "software": ("Logiciel : {name}", "Software: {name}", "Software: {name}", "Software: {name}"),
        "signature": ("Signature : {text}", "Signature: {text}", "Handtekening: {text}", "Signatur: {text}"),
        "entry": ("Entrée {gen}-{seq}", "Entry {gen}-{seq}", "Regel {gen}-{seq}", "Eintrag {gen}-{seq}"),
        "leaf": ("Empreinte : {leaf}", "Fingerprint: {leaf}", "Vingerafdruk: {leaf}", "Prüfwert: {leaf}"),
        "mode_0": ("À emporter", "Take-away", "Om mee te nemen", "Zum Mitnehmen"),
        "mode_1": ("En livraison", "Delivery", "Bezorging", "Lieferung"),
        "mode_2": ("Sur place", "Eat in", "Ter plaatse", "Vor Ort"),
        "mode_3": ("Au volant", "Drive-through", "Drive-through", "Drive-in"),
        "mode_4": ("Au comptoir", "At the counter", "Aan de balie", "Am Tresen"),
        "mode_5": ("En point relais", "Relay point", "Afhaalpunt", "Abholpunkt"),
        "mode_6": ("Expédition", "Shipping", "Verzending", "Versand"),
    }
)

_ORDER = ("fr", "en", "nl", "de")


def say(language: str, word: str, **values: object) -> str:
    """One text of the catalogue with its values in place; a word that is not there is an error of the caller."""
    return _WORDS[word][_ORDER.index(language)].format(**values)


def number(language: str, value: int, places: int, least: int) -> str:
    """An integer count of 1/10**places units with the language's signs, and at least ``least`` decimals."""
    style = STYLES[language]
    digits = str(abs(value)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    groups: list[str] = []
    while len(whole) > 3:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    grouped = style.group.join([whole, *groups])
    return ("-" if value < 0 else "") + grouped + (style.point + fraction if fraction else "")


def money(language: str, value: int, decimals: int, currency: str) -> str:
    """An amount in minor units with its currency, as the language writes it: ``1 234,56 €``."""
    plain = number(language, value, decimals, decimals)
    symbol = SYMBOLS.get(currency, currency)
    if not STYLES[language].currency_first:
        return f"{plain} {symbol}"
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    return f"{sign}{symbol}{' ' if len(symbol) > 1 or language == 'nl' else ''}{digits}"


def percent(language: str, rate: int) -> str:
    """A rate in 1/1000 of a percent: ``5,5 %``."""
    return f"{number(language, rate, 3, 0)}{'' if language in ('en', 'nl') else ' '}%"


def moment(language: str, at: str) -> str:
    """A civil time of the journal (``2026-11-21T18:05:09.123+01:00``) to the second, as the language writes it."""
    day, _, clock = at.partition("T")
    year, month, date = day.split("-")
    return f"{STYLES[language].date.format(y=year, m=month, d=date)} {clock[:8]}"
