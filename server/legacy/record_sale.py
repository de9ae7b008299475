"""``webapp.php`` and ``editOrder.php``: a sale is recorded by one call, and paid by another."""

import hashlib
from typing import Any

from server.legacy import read_items
from server.legacy.context import Context, Problem, ask, find, not_yet, place_of, submit
from server.legacy.form import Form, minor

QUOTE = -2
UNPAID = -1
MODE_MAX = 6
COMMENT_CHARS_MAX = 250
KEY_CHARS_MAX = 200

STANDS_ON = {
    "idClient": "Le fichier clients",
    "idtable": "Le plan de table",
    "numcouverts": "Le nombre de couverts",
    "privateComment": "Le commentaire privé",
    "pagerNum": "Le bippeur",
    "dateValeur": "La date de valeur",
}
"""Fields of the reference that stand on what the engine does not have yet."""

CONTENT = ("deliveryMethod", "publicComment", "idcaisse", *STANDS_ON)
"""Fields that say what an order is; a sealed one takes none of them."""


def record_sale(form: Form, context: Context) -> dict[str, Any]:
    """Records a sale: validated and unpaid (-1), or paid by a mode, in part where ``paymentAmount`` is less."""
    _require_known(form)
    payment = _payment(form)
    if payment == QUOTE:
        text = "Le devis (payment = -2, ou absent) : indiquez -1 ou un mode de paiement. Enregistrer un devis"
        raise not_yet(text)
    _act(form, context)
    body: dict[str, Any] = {"lines": read_items.lines(form.list("itemsList"), _Products(context))}
    mode = form.whole("deliveryMethod")
    if mode is not None:
        if not 0 <= mode <= MODE_MAX:
            raise Problem(f"deliveryMethod : de 0 à {MODE_MAX}", "legacy.bad_number")
        body["mode"] = mode
    comment = form.text("publicComment")
    if comment:
        body["note"] = comment[:COMMENT_CHARS_MAX]
    if payment == UNPAID:
        body["unpaid"] = True
    else:
        leg = _leg(form, payment, context)
        body |= {"payments": [leg], "unpaid": "tendered" in leg}
    done = submit(context, "sales.post", body, command_id(form))
    shown = find(context, "sales.ticket", place_of(done.order)) if context.public_url else None
    path = None if shown is None else shown["proof_path"]
    return {"result": "OK"} | _state(context, done.order, path, done.record["due"], done.record["no"])


def edit_order(form: Form, context: Context) -> dict[str, Any]:
    """Pays an order; a sealed one takes nothing else (features.md 0.1). ``orderID`` is the internal id."""
    order = form.whole("orderID")
    if order is None or order < 0:
        raise Problem("orderID : l'identifiant de la commande manque", "legacy.no_order")
    ticket = find(context, "sales.ticket", place_of(order))
    if ticket is None:
        raise Problem(f"orderID : il n'y a pas de commande {order}", "sales.unknown_ticket")
    changed = [name for name in CONTENT if form.given(name)]
    changed += [name for name in ("itemsList", "client") if form.list(name) or form.map(name)]
    if changed:
        text = f"La commande est validée, son contenu ne change plus ({', '.join(changed)}) : seul un paiement s'ajoute"
        raise Problem(text, "legacy.sealed")
    payment = _payment(form)
    if payment == QUOTE and form.text("payment"):
        raise Problem("La commande est validée, elle ne redevient pas un devis", "legacy.sealed")
    place = place_of(order)
    if payment < 0:
        return _state(context, order, ticket["proof_path"], ticket["due"], ticket["ticket"]["no"])
    _act(form, context)
    body = place | {"payments": [_leg(form, payment, context)]}
    done = submit(context, "sales.pay", body, command_id(form))
    return _state(context, order, ticket["proof_path"], done.record["due"], ticket["ticket"]["no"])


def command_id(form: Form) -> bytes | None:
    """The id of the command that an ``Idempotency-Key`` stands for; without one the call is one of its own."""
    key = form.text("idempotencyKey")
    if not key:
        return None
    if len(key) > KEY_CHARS_MAX:
        raise Problem("Idempotency-Key : trop long", "legacy.bad_key")
    shop = form.text("shopID", "idboutique")
    return hashlib.sha256(f"{shop}\n{key}".encode()).digest()[:16]


def decimals(context: Context) -> int:
    """The decimals of the shop's currency."""
    row = find(context, "settings.get", {"id": 1})
    return 2 if row is None else int(row.get("decimals", 2))


def _require_known(form: Form) -> None:
    if form.map("client"):
        raise not_yet("Le fichier clients (client)")
    for name, what in STANDS_ON.items():
        if form.given(name):
            raise not_yet(f"{what} ({name})")


def _payment(form: Form) -> int:
    payment = form.whole("payment")
    if payment is None:
        return QUOTE
    if payment < QUOTE or payment == 0:
        raise Problem("payment : -2, -1 ou l'identifiant d'un mode de paiement", "legacy.bad_number")
    return payment


def _leg(form: Form, mode: int, context: Context) -> dict[str, Any]:
    amount = form.text("paymentAmount")
    if not amount:
        return {"mode": mode}
    return {"mode": mode, "tendered": minor(amount, decimals(context), "paymentAmount")}


def _act(form: Form, context: Context) -> None:
    till, operator = form.whole("idcaisse"), form.whole("idUser")
    if not context.act_as(till or None, operator or None):
        text = "idcaisse, idUser : cette clé n'agit ni sur une autre caisse ni pour un utilisateur qu'elle ne nomme pas"
        raise Problem(text, "legacy.not_its_till")


def _state(context: Context, order: int, proof_path: str | None, due: int, number: int) -> dict[str, Any]:
    """The reply of the reference, and beside it our two plain names; there is no link to pay by yet.

    ``invoice`` is the public proof; a key that may sell and not read gets none.
    """
    invoice = f"{context.public_url}{proof_path}" if context.public_url and proof_path else None
    reply: dict[str, Any] = {"success": True, "orderID": order}
    if due:
        reply["paymentLink"] = None
    return reply | {"invoice": invoice, "order_id": order, "fiscal_number": number}


class _Products:
    """Products by id, each asked for once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[int, dict[str, Any] | None] = {}

    def __call__(self, id: int) -> dict[str, Any] | None:
        if id not in self._known:
            self._known[id] = find(self._context, "products.get", {"id": id})
        return self._known[id]


def require_order(context: Context, order: int) -> dict[str, Any]:
    """The ticket of an internal id, as plain values."""
    ticket: dict[str, Any] = ask(context, "sales.ticket", place_of(order))
    return ticket
