"""Every webservice of the reference under its path, and what each answers."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from server.legacy import edit_rows, list_rows, record_sale, report_sales
from server.legacy.context import FORBIDDEN, NOT_FOUND, Context, Problem, Reply, not_yet
from server.legacy.form import Form
from server.legacy.reply import as_error, as_json

FOLDER = "/workers/"
SUFFIX = ".php"

Service = Callable[[Form, Context], Reply]


def _json(service: Callable[..., dict[str, Any]], *before: Any) -> Service:
    return lambda form, context: as_json(service(*before, form, context))


def _services() -> dict[str, Service]:
    services: dict[str, Service] = {
        "webapp": _json(record_sale.record_sale),
        "editOrder": _json(record_sale.edit_order),
        "getSales": report_sales.report_sales,
        "getOrders": report_sales.list_orders,
        "getOrder": report_sales.show_order,
        "addVariationItem": _json(edit_rows.add_choice),
        "editVariationItem": _json(edit_rows.edit_choice),
        "delVariationItem": _json(edit_rows.remove_choice),
    }
    for name, listing in list_rows.LISTINGS.items():
        services[name] = functools.partial(list_rows.list_rows, listing)
    for name, editing in edit_rows.EDITINGS.items():
        services[f"add{name}"] = _json(edit_rows.add_row, editing)
        services[f"edit{name}"] = _json(edit_rows.edit_row, editing)
        services[f"del{name}"] = _json(edit_rows.remove_row, editing)
    return services


SERVICES: Mapping[str, Service] = _services()
"""The webservices that answer, by their name without folder and suffix."""

NOT_YET: Mapping[str, str] = {
    **list_rows.LISTS_NOT_YET,
    "addClient": "Le fichier clients",
    "editClient": "Le fichier clients",
    "delClient": "Le fichier clients",
    "getAuthToken": "La clé obtenue par mot de passe (faites-en une dans Configuration > Webservices)",
    "getAuthTokenWithPassword": "La clé obtenue par mot de passe (faites-en une dans Configuration > Webservices)",
    "getOTPForAccount": "Le code à usage unique (faites une clé dans Configuration > Webservices)",
    "getAuthTokenWithOTP": "Le code à usage unique (faites une clé dans Configuration > Webservices)",
    "listShops": "La liste des boutiques d'un compte",
    "addShop": "L'ouverture d'une boutique",
    "editShop": "Les réglages d'une boutique",
}
"""The webservices that stand on what the engine does not have yet, in words."""

WITHOUT_KEY = frozenset(
    {"getAuthToken", "getAuthTokenWithPassword", "getOTPForAccount", "getAuthTokenWithOTP", "listShops", "addShop"}
)
"""Those that are asked before there is a key; none of them tells anything about the shop."""

READS = frozenset(name for name in (*SERVICES, *NOT_YET) if name.startswith("get"))
"""Those that change nothing and are asked by GET."""

BY_ADDRESS = frozenset({"webapp"})
"""Those that change something and whose older form puts everything in the address."""


def handle(path: str, form: Iterable[tuple[str, str]], files: Mapping[str, bytes], context: Context) -> Reply:
    """The answer to one call: ``form`` holds the fields in their order, those of the address first."""
    try:
        return _handle(path, form, files, context)
    except Problem as problem:
        return as_error(problem)


def _handle(path: str, pairs: Iterable[tuple[str, str]], files: Mapping[str, bytes], context: Context) -> Reply:
    name = path.removeprefix(FOLDER).removesuffix(SUFFIX)
    service = SERVICES.get(name)
    if service is None and name not in NOT_YET:
        raise Problem(f"Il n'y a pas de webservice {name[:40]!r}", "legacy.no_service", NOT_FOUND)
    form = Form(pairs)
    if name not in WITHOUT_KEY:
        _authenticate(form, context)
    if service is None:
        raise not_yet(NOT_YET[name])
    if files:
        raise not_yet("L'envoi de fichiers")
    return service(form, context)


def _authenticate(form: Form, context: Context) -> None:
    """Shop and key under either name; two different shops in one call are no shop."""
    old, new = form.text("idboutique"), form.text("shopID")
    shop, key = new or old, form.text("key")
    if not shop or not key or (old and new and old != new) or not context.authenticate(shop, key):
        raise Problem("shopID (idboutique) ou key : clé refusée", "legacy.bad_key", FORBIDDEN)
