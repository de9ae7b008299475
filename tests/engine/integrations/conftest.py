"""A bar with an endpoint that wants everything, and the outbox's way of asking."""

from typing import Any

import pytest
from shop_harness import Shop

SECRET = {"hash": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key": "first"}
OTHER_SECRET = {"hash": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "key": "second"}
EVERYTHING = ["validated", "terminated", "refunded", "cashBox_open", "cashBox_close", "changed"]


class Hooked:
    """The shop, and its endpoint 1."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.engine: dict[str, Any] = {"till": 0, "operator": 0}
        self.outbox: dict[str, Any] = self.engine | {"source": "outbox"}
        self.secrets = SECRET, OTHER_SECRET
        self.put()

    def put(self, id: int = 1, **changes: Any) -> None:
        """The endpoint's row."""
        row = {"title": "Compta", "url": "https://compta.example.com/hook", "events": EVERYTHING, "secret": SECRET}
        self.shop.configure("webhooks", id, row | changes)

    def hook(self, id: int = 1) -> Any:
        """The endpoint as the outbox sees it."""
        (found,) = [hook for hook in self.shop.ask("integrations.hooks", {}, **self.engine) if hook.id == id]
        return found

    def jobs(self, id: int = 1, **body: Any) -> Any:
        """A page of what the endpoint is to hear of."""
        hook = self.hook(id)
        asked = {"hook": id, "position": hook.position, "number": hook.number} | body
        return self.shop.ask("integrations.jobs", asked, **self.engine)

    def events(self, id: int = 1) -> list[str]:
        """The names of what the endpoint is to hear of."""
        return [delivery.event for delivery in self.jobs(id).deliveries]

    def hears(self, count: int | None = None) -> None:
        """The outbox reports that the first ``count`` events (all) were delivered."""
        last = self.jobs().deliveries[slice(count)][-1]
        heard = {"id": 1, "turn": self.hook().turn, "position": last.position, "number": last.number}
        self.shop.do("integrations.report_delivered", {"heard": [heard]}, **self.outbox)


@pytest.fixture
def hooked(bar: Shop) -> Hooked:
    """The bar with its endpoint; till 1 is open, and that was heard."""
    made = Hooked(bar)
    bar.do("cash.open", {"float_in": 10_000})
    made.hears()
    return made
