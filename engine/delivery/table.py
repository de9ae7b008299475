"""What the delivery capability answers to."""

from engine.delivery.kinds import TABLES, ZONES
from engine.kernel.capability import Capability

TABLE = Capability(name="delivery", kinds=(TABLES, ZONES))
