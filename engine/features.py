"""THE TABLE: every capability's rows joined; ``python -m engine.features`` prints what a record causes."""

import sys

from engine.access import table as access
from engine.access import views as access_views
from engine.access.views import (
    STRANGER_FIRST,
    STRANGERS,
    Identity,
    KeyView,
    PasskeyView,
    SessionView,
    api_key,
    identity,
    passkey,
    session,
    till_credential,
)
from engine.cash import table as cash
from engine.cash import views as cash_views
from engine.catalogue import table as catalogue
from engine.customers import table as customers
from engine.delivery import table as delivery
from engine.discounts import table as discounts
from engine.fiscal import table as fiscal
from engine.fiscal.table import Checked, ExportSource, JournalCheck, Manifest, check_journal, export_journal
from engine.integrations import table as integrations
from engine.kernel import table as kernel
from engine.kernel.clock import Civil
from engine.kernel.joined import Hooks, Joined
from engine.kernel.permissions import DEVICE, PUBLIC
from engine.kernel.world import World
from engine.payments import table as payments
from engine.printing import table as printing
from engine.sales import table as sales
from engine.sales.table import (
    Posted,
    PriceSale,
    Refunded,
    Replayed,
    answer_price,
    plain_records,
    replay_refund,
    replay_sale,
)
from engine.shop import table as shop
from engine.shop import views as shop_views
from engine.staff import table as staff
from engine.staff import views as staff_views
from engine.staff.views import Operator, by_badge, by_login, operator, sign_in_number, stored_secret

__all__ = [
    "FEATURES",
    "Checked",
    "ExportSource",
    "Joined",
    "JournalCheck",
    "Manifest",
    "check_journal",
    "export_journal",
]
__all__ += ["STRANGERS", "STRANGER_FIRST", "Identity", "identity", "shop_name", "till_idle_s"]
__all__ += ["KeyView", "Operator", "PasskeyView", "SessionView", "api_key", "by_badge", "by_login", "operator"]
__all__ += [
    "passkey",
    "session",
    "sign_in_number",
    "stored_secret",
    "till_credential",
]  # what workers look up: `Reader.look`
__all__ += ["Posted", "PriceSale", "Refunded", "Replayed"]
__all__ += ["answer_price", "plain_records", "replay_refund", "replay_sale"]  # what prices again: engine.replays
__all__ += ["DEVICE", "PUBLIC"]  # the rights of a till without an operator, and of those who show nothing

_civils: dict[tuple[str, int], Civil] = {}


def shop_name(world: World) -> str:
    """What people call the shop."""
    return shop_views.settings(world).name


def till_idle_s(world: World) -> int:
    """How many seconds nobody may touch a till before it asks for the PIN again."""
    return shop_views.settings(world).till_idle_s


def _civil(world: World) -> Civil:
    settings = shop_views.settings(world)
    key = (settings.zone, settings.day_starts_minute)
    civil = _civils.get(key)
    if civil is None:
        civil = _civils[key] = Civil(*key)
    return civil


def _till_open(world: World, till: int) -> bool:
    row = shop_views.till(world, till)
    return row is not None and row.active


def _training(world: World, till: int) -> bool:
    row = cash_views.last_row(world, till)
    return row is not None and row.open and row.training


FEATURES = Joined(
    (
        kernel.TABLE,
        shop.TABLE,
        staff.TABLE,
        access.TABLE,
        catalogue.TABLE,
        discounts.TABLE,
        customers.TABLE,
        delivery.TABLE,
        payments.TABLE,
        printing.TABLE,
        sales.TABLE,
        cash.TABLE,
        fiscal.TABLE,
        integrations.TABLE,
    ),
    Hooks(
        civil=_civil,
        till_open=_till_open,
        allows=staff_views.role_allows,
        training=_training,
        admit=access_views.admit,
        fresh=access_views.fresh,
        vouch=staff_views.vouch,
    ),
)


def main() -> None:
    """Prints the table: commands and queries with the right they need, records with the folds they cause."""
    out = sys.stdout.write
    for name, row in sorted(FEATURES.commands.items()):
        out(f"command {name:32} needs {row.permission}\n")
    for name, query in sorted(FEATURES.queries.items()):
        out(f"query   {name:32} needs {query.permission}\n")
    for record, folds in FEATURES.folds.items():
        causes = ", ".join(f"{fold.__module__}.{fold.__name__}" for fold in folds) or "nothing"
        out(f"record  {record.__struct_config__.tag!s:32} causes {causes}\n")


if __name__ == "__main__":
    main()
