"""What the staff capability answers to."""

from engine.kernel.capability import Capability
from engine.staff.kinds import OPERATORS

TABLE = Capability(
    name="staff",
    kinds=(OPERATORS,),
    refusals={
        "staff.more_than_own": "an operator gives a right that he does not hold himself",
        "staff.unknown_right": "the right does not exist",
    },
)
