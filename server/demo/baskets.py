"""What one customer of the demo shop puts into a basket and how he pays: chance from a seed, bodies as a till sends."""

import dataclasses
import random
from collections.abc import Callable
from typing import Any

Body = dict[str, Any]

CASH, CARD, MEAL_VOUCHER, CHECK, HOLIDAY_VOUCHER, GIFT = 1, 2, 3, 4, 5, 6
"""Ids of the demo shop's payment modes."""

PERCENT_10, MENU, HAPPY_HOUR, REGULARS, FREE, TERRACE = 1, 3, 4, 5, 6, 7
"""Ids of the demo shop's discounts."""

NOTES = (500, 1_000, 2_000, 5_000, 10_000)
VOUCHER_FACE = 1_100  # one meal voucher, in cents
MEAL_VOUCHERS_MAX = 2  # a customer hands over two at most, so that the law's 25 EUR a day are kept
CHECK_MIN = 1_500
LINES_WEIGHTS = (28, 26, 18, 11, 7, 4, 3, 1, 1, 1)  # how many baskets of a hundred have 1, 2, 3 ... lines
TIP_CENTS_MAX = 400


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """One till as its customers see it: its sales modes and the departments they buy from, with weights."""

    till: int
    modes: tuple[int | None, ...]
    departments: tuple[int, ...]
    weights: tuple[int, ...]
    operators: tuple[int, ...]
    lines_more: int = 0


PLACES = (
    Place(1, (None, None, None, 0), (1, 2, 3, 4, 5, 6), (30, 18, 28, 10, 9, 5), (3, 4, 2)),
    Place(2, (None,), (6, 7, 8, 1, 3, 4), (14, 30, 18, 14, 12, 12), (2, 3, 5), lines_more=2),
    Place(3, (None, None, None, 2), (9, 1, 2, 6, 10, 8), (34, 18, 12, 18, 12, 6), (5, 4, 3)),
    Place(4, (None,), (12, 11, 10, 2), (66, 22, 8, 4), (1, 3, 4)),
)
"""The demo shop's tills with the operators who take turns at them (catalogue.py)."""

MAY_TYPE = frozenset({1, 2, 4})
MAY_DISCOUNT = frozenset({1, 2})
MAY_LEAVE_DUE = frozenset({1, 2, 3})
MAY_REFUND = frozenset({1, 2, 3})


@dataclasses.dataclass(frozen=True, slots=True)
class Good:
    """A product as the till's screen knows it: how it is priced and weighed, the choices of each question."""

    id: int
    open_price: bool
    weighed: bool
    choices: tuple[tuple[int, ...], ...]


Shelf = dict[int, tuple[Good, ...]]
"""Department -> its products, the favourites first."""


def read_shelf(ask: Callable[[str, Body], Any]) -> Shelf:
    """The screen of a till: every product that can be sold, page by page from ``catalogue.items``."""
    shelf: dict[int, list[Good]] = {}
    after: int | None = 0
    while after is not None:
        page = ask("catalogue.items", {"after": after, "limit": 200})
        sets = {id: tuple(choice.id for choice in choices) for id, choices in page.option_sets.items()}
        for item in page.items:
            good = Good(
                id=item.id,
                open_price=item.price is None,
                weighed=item.unit is not None,
                choices=tuple(sets[id] for id in item.option_sets),
            )
            shelf.setdefault(item.department, []).append(good)
        after = page.next
    return {department: tuple(goods) for department, goods in shelf.items()}


class Customers:
    """Customers, one after the other; the same seed gives the same ones."""

    def __init__(self, seed: int, shelf: Shelf) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a crowd that can be called again needs no secret
        self._shelf = shelf

    def basket(self, place: Place, operator: int) -> Body:
        """A basket without its payment: lines, discounts, sales mode, now and then a note."""
        chance = self.chance
        count = chance.choices(range(1, 11), LINES_WEIGHTS)[0] + chance.randint(0, place.lines_more)
        lines = [self._line(place, operator) for _ in range(count)]
        body: Body = {"lines": lines}
        mode = chance.choice(place.modes)
        if mode is not None:
            body["mode"] = mode
        if discount := self._discount(lines):
            body["discounts"] = [discount]
        if chance.random() < 0.03:
            body["note"] = chance.choice(("Table 12", "Terrasse", "Anniversaire", "Client pressé"))
        if chance.random() < 0.15:
            body["receipt"] = True
        return body

    def _line(self, place: Place, operator: int) -> Body:
        chance = self.chance
        department = chance.choices(place.departments, place.weights)[0]
        dice = chance.random()
        if dice < 0.015:
            return {"price": f"{chance.randint(20, 900) / 100:.2f}", "label": "Divers"}
        if dice < 0.04:
            return {"department": department, "price": f"{chance.randint(100, 2_500) / 100:.2f}"}
        goods = self._shelf[department]
        # The square makes favourites: the first products of a department go by far the most often.
        good = goods[int(len(goods) * chance.random() ** 2)]
        line: Body = {"product": good.id}
        if good.open_price:
            line["price"] = str(chance.randint(2, 20))
        elif operator in MAY_TYPE and dice > 0.985:
            line["price"] = f"{chance.randint(100, 900) / 100:.2f}"
        if good.weighed:
            line["quantity"] = f"0.{chance.randint(50, 999):03d}"
        elif chance.random() < 0.25:
            line["quantity"] = chance.randint(2, 4)
        if good.choices and "price" not in line and chance.random() < 0.9:
            line["options"] = [chance.choice(choices) for choices in good.choices]
        if chance.random() < 0.02:
            line["note"] = chance.choice(("Sans oignon", "Bien chaud", "Sans sel", "Sauce à part"))
        self._line_discount(line, operator)
        return line

    def _line_discount(self, line: Body, operator: int) -> None:
        dice = self.chance.random()
        if "price" in line:
            return
        if dice < 0.05:
            line["discount"] = {"id": HAPPY_HOUR}
        elif dice < 0.07:
            line["discount"] = {"id": TERRACE}
        elif dice < 0.08 and operator in MAY_DISCOUNT:
            line["discount"] = {"id": FREE}
        elif dice < 0.09 and operator in MAY_DISCOUNT:
            line["discount"] = {"percent": f"-{self.chance.randint(5, 40)}", "label": "Geste commercial"}

    def _discount(self, lines: list[Body]) -> Body | None:
        dice = self.chance.random()
        if dice < 0.04:
            return {"id": PERCENT_10}
        if dice < 0.08:
            return {"id": REGULARS}
        plain = [number for number, line in enumerate(lines, 1) if "discount" not in line]
        if dice < 0.11 and len(plain) > 1:
            return {"id": MENU, "lines": plain[:3]}
        return None

    def payments(self, total: int, operator: int) -> tuple[list[Body], bool]:
        """The legs that pay a total in cents, and whether the ticket may stay due."""
        if not total:
            return [], False
        chance = self.chance
        dice = chance.random()
        if dice < 0.04 and operator in MAY_LEAVE_DUE:
            return ([{"mode": CASH, "tendered": total // 2}] if total > 3_000 else []), True
        if dice < 0.45:
            return [self._with_tip({"mode": CARD}, total, 0.05)], False
        if dice < 0.80:
            return [self._with_tip({"mode": CASH, "tendered": self._handed(total)}, total, 0.03)], False
        if dice < 0.88:
            return self._meal_vouchers(total), False
        if dice < 0.94 and total > 200:
            part = chance.randrange(100, total)
            return [{"mode": CARD, "tendered": part}, {"mode": CASH, "tendered": self._handed(total - part)}], False
        if dice < 0.96 and total >= CHECK_MIN:
            return [{"mode": CHECK}], False
        if dice < 0.98:
            return [{"mode": GIFT, "tendered": min(total, 2_000)}, *self._rest(total - 2_000)], False
        return [{"mode": HOLIDAY_VOUCHER, "tendered": min(total, 1_000)}, *self._rest(total - 1_000)], False

    def _rest(self, rest: int) -> list[Body]:
        return [{"mode": CARD}] if rest > 0 else []

    def _meal_vouchers(self, total: int) -> list[Body]:
        """Whole vouchers: what is too much is kept, what is missing is paid by card."""
        needed = -(-total // VOUCHER_FACE)
        face = VOUCHER_FACE * min(needed, MEAL_VOUCHERS_MAX)
        return [{"mode": MEAL_VOUCHER, "tendered": face}, *self._rest(total - face)]

    def _handed(self, total: int) -> int:
        """What is put on the counter: the exact sum, the next euro, or the notes that cover it."""
        dice = self.chance.random()
        if dice < 0.2:
            return total
        if dice < 0.4:
            return -(-total // 100) * 100
        note = self.chance.choice([note for note in NOTES if note >= min(total, NOTES[-1])])
        return -(-total // note) * note

    def _with_tip(self, leg: Body, total: int, share: float) -> Body:
        if self.chance.random() >= share:
            return leg
        tip = self.chance.randint(1, TIP_CENTS_MAX // 50) * 50
        return leg | {"tip": tip, "tendered": max(leg.get("tendered", total), total) + tip}
