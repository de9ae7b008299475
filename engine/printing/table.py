"""What the printing capability answers to."""

from engine.kernel.capability import Capability, QueryRow
from engine.printing.print_receipt import AskReceipt, answer_receipt

TABLE = Capability(
    name="printing",
    queries=(
        QueryRow(type=AskReceipt, answer=answer_receipt, permission="sales.read", example={"no": 1, "width": 42}),
    ),
    refusals={
        "printing.no_such_copy": "No copy was sealed under this number.",
        "printing.not_asked": "The sale asked for no receipt, so there is no original to print.",
    },
)
