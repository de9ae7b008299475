"""A café that prints: its engine, its outbox worker, and printers that can be told to fail."""

import base64
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shop_harness import Shop

from drivers.printers.memory import MemoryPrinter
from drivers.printers.profiles import features_of
from engine.features import FEATURES
from engine.kernel.credentials import OUTBOX
from engine.kernel.errors import Fault
from engine.kernel.messages import Answer
from engine.ports.printer import Printer, Profile, Setup
from server.outbox.printing import PrintOutbox

SETTINGS = {
    "name": "Le Comptoir du Port",
    "address": ["12 quai des Brumes", "29200 Brest"],
    "siret": "73282932000074",
    "naf": "56.30Z",
    "vat_number": "FR44732829320",
    "footer": ["Merci de votre visite !"],
    "default_vat": 1,
    "logo": 1,
    "public_address": "https://caisse.example.fr",
}
LOGO = {
    "title": "Vague",
    "width": 64,
    "bits": base64.b64encode(bytes((0xFF, 0x81, 0x3C, 0x42, 0xA5, 0x18, 1, 0)) * 16).decode(),
}


class House:
    """The shop, its printers by name, and as many runs of the worker as a test wants."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.printers: dict[str, MemoryPrinter] = {}
        self.made = 0
        self.runs = 0
        self.lost: Callable[[str], bool] = lambda name: False
        self.away: Callable[[str], bool] = lambda name: False
        self.outbox = self.restart()

    def restart(self) -> PrintOutbox:
        """A new run of the worker, as after a crash: nothing of the old one's memory is left."""
        self.runs += 1
        worker = f"{self.runs:032x}"
        self.outbox = PrintOutbox(self.ask, self.submit, self.make, self.shop.clock.wall_ms, worker)
        return self.outbox

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        """As the outbox asks."""
        return self.shop.engine.reader().ask_by_name(name, body)

    def submit(self, name: str, body: Mapping[str, Any], id: bytes) -> Answer:
        """As the outbox reports; ``away`` keeps the report from arriving, ``lost`` keeps its answer back."""
        if self.away(name):
            raise Fault("kernel.away", "nobody answers", retry=True)
        answer = self.shop.engine.do(name, body, id=id, source=OUTBOX)
        if self.lost(name):
            raise Fault("kernel.lost", "the answer was lost", retry=True)
        return answer

    def make(self, setup: Setup) -> Printer:
        """One printer for each address."""
        self.made += 1
        return self.printer(setup.address)

    def printer(self, address: str) -> MemoryPrinter:
        """A printer, made before anything was printed on it."""
        profile: Profile = "generic-58" if address == "spare" else "epson-80"
        setup = Setup(family="memory", address=address, profile=profile)
        return self.printers.setdefault(address, MemoryPrinter(address, features_of(setup)))

    def sell(self, **more: Any) -> dict[str, int]:
        """A sale with a receipt; its entry."""
        body: dict[str, Any] = {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True}
        answer = self.shop.do("sales.post", body | more)
        return {"gen": answer.gen, "seq": answer.seq}

    def state(self, name: Mapping[str, int]) -> tuple[str, str]:
        """What became of a job."""
        shown = self.shop.ask("printing.print", name)
        return shown.state, shown.code

    def wait(self, ms: int) -> None:
        """Lets time pass."""
        self.shop.clock.advance(ms)


def open_house(tmp_path: Path) -> Iterator[House]:
    """Till 1 prints on "main" with "spare" behind it, till 2 on "other"."""
    shop = Shop(tmp_path / "shop", FEATURES)
    shop.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    shop.configure("logos", 1, LOGO)
    shop.configure("settings", 1, SETTINGS)
    shop.configure("products", 1, {"title": "Café", "price": "1.50"})
    shop.configure("payment-modes", 1, {"title": "Espèces", "type": "cash"})
    shop.configure("payment-modes", 2, {"title": "Carte", "type": "card"})
    shop.configure("printers", 2, {"name": "Secours", "family": "memory", "address": "spare", "profile": "generic-58"})
    shop.configure("printers", 1, {"name": "Comptoir", "family": "memory", "address": "main", "spare": 2})
    shop.configure("printers", 3, {"name": "Bar", "family": "memory", "address": "other"})
    shop.configure("tills", 1, {"name": "Caisse 1", "printer": 1, "drawer": True})
    shop.configure("tills", 2, {"name": "Caisse 2", "printer": 3})
    shop.configure("operators", 1, {"alias": "Camille", "role": "admin"})
    for till in (1, 2):
        shop.do("cash.open", {"float_in": 0}, till=till)
    yield House(shop)
    shop.close()
