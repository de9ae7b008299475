"""What the sales capability answers to."""

from types import MappingProxyType

from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.sales.copy_ticket import CopyTicket, decide_copy
from engine.sales.pay_sale import PaySale, decide_pay
from engine.sales.post_sale import PostSale, decide_post
from engine.sales.price_sale import PriceSale, answer_price
from engine.sales.records import Copied, Paid, Posted, Refunded
from engine.sales.refund_sale import RefundSale, decide_refund
from engine.sales.replay_ticket import Difference, Replayed, plain_records, replay_refund, replay_sale
from engine.sales.state import fold_copied, fold_paid, fold_ticket
from engine.sales.views import AskTicket, AskTickets, answer_ticket, answer_tickets

__all__ = ["TABLE", "Difference", "Posted", "PriceSale", "Refunded", "Replayed"]
__all__ += ["answer_price", "plain_records", "replay_refund", "replay_sale"]  # for what prices again: engine.replays

REFUSALS = MappingProxyType(
    {
        "pricing.bad_adjustment": "A fixed price excludes a percentage and an amount.",
        "pricing.bad_amount": "An amount is out of bounds.",
        "pricing.bad_percent": "A percentage is below -100 % or above 1 000 %.",
        "pricing.bad_price": "A unit price is out of bounds.",
        "pricing.bad_quantity": "A quantity is zero or out of bounds.",
        "pricing.deposit_discounted": "A deposit, an advance or stored value takes no discount.",
        "pricing.duplicate_line": "A line is there twice.",
        "pricing.fixed_over_zero": "A fixed price stands over lines that come to nothing.",
        "pricing.mixed_signs": "Lines that are sold and lines that are given back do not share a ticket.",
        "pricing.overflow": "An amount would leave the range of exact integers.",
        "pricing.refund_exceeds": "More of a line would be given back than was sold.",
        "sales.ambiguous_discount": "A configured discount brings its own figures.",
        "sales.ambiguous_menu": "Either a menu or a pack is chosen by its button.",
        "sales.ambiguous_line": "A line says two things at once: product and department, or options without product.",
        "sales.bad_day": "The day does not exist.",
        "sales.bad_quantity": "A sale's quantity is above zero (giving back is a refund) and has its limit.",
        "sales.cash_exceeds": "More cash would be given back than was paid in cash.",
        "sales.coupon_twice": "A ticket uses a coupon once.",
        "sales.empty_discount": "A free discount has neither percentage nor amount nor fixed price.",
        "sales.line_twice": "A refund names a line twice.",
        "sales.negative_price": "A price would be below zero.",
        "sales.no_cost": "The margin of the line is taxed and nobody knows what it cost.",
        "sales.no_weight": "Weighed goods are sold by what the scale says.",
        "sales.not_for_sale": "The product or department is not active.",
        "sales.not_intra_eu": "The customer's country is the shop's: no supply to another member state.",
        "sales.nothing_due": "Nothing is due for the ticket.",
        "sales.nothing_left": "The whole ticket was given back already.",
        "sales.out_of_stock": "A product that blocks has too little stock.",
        "sales.price_changed": "The till showed another total; the answer holds the new ticket.",
        "sales.price_missing": "Nothing says what the line costs: type a price.",
        "sales.refund_exceeds": "More of a line would be given back than is left of it.",
        "sales.refund_of_refund": "A refund cannot be refunded.",
        "sales.too_many_events": "The ticket was refunded, paid or copied too often.",
        "sales.too_many_lines": "With the items that rules add the ticket has too many lines.",
        "sales.training_mixed": "A training session and real tickets do not meet.",
        "sales.unknown_customer": "There is no such customer in use.",
        "sales.unknown_department": "There is no such department.",
        "sales.unknown_discount": "There is no such discount in use.",
        "sales.unknown_line": "There is no such line.",
        "sales.unknown_menu": "There is no such menu or pack with a button.",
        "sales.unknown_product": "There is no such product.",
        "sales.unknown_table": "There is no such table in use.",
        "sales.unknown_ticket": "There is no such ticket.",
        "sales.unknown_zone": "There is no such delivery zone in use.",
        "sales.wrong_scope": "The discount is not made for a line, or not for a subtotal.",
    }
)

TABLE = Capability(
    name="sales",
    commands=(
        CommandRow(
            type=PostSale,
            decide=decide_post,
            permission="sales.post",
            example={
                "lines": [{"product": 1, "quantity": 2}, {"department": 2, "price": "12.50"}, {"price": "0.80"}],
                "discounts": [{"id": 1, "lines": [1]}],
                "payments": [{"mode": 2}],
            },
            new_work=True,
        ),
        CommandRow(
            type=RefundSale,
            decide=decide_refund,
            permission="sales.refund",
            example={"no": 1, "lines": [{"line": 1, "quantity": 1}], "reason": "Erreur de commande"},
        ),
        CommandRow(
            type=PaySale, decide=decide_pay, permission="sales.pay", example={"no": 1, "payments": [{"mode": 1}]}
        ),
        CommandRow(type=CopyTicket, decide=decide_copy, permission="sales.copy", example={"no": 1, "how": "print"}),
    ),
    queries=(
        QueryRow(type=AskTicket, answer=answer_ticket, permission="sales.read", example={"no": 1}),
        QueryRow(type=AskTickets, answer=answer_tickets, permission="sales.read", example={"till": 1, "limit": 20}),
        QueryRow(
            type=PriceSale, answer=answer_price, permission="sales.post", example={"lines": [{"product": 1}], "mode": 2}
        ),
    ),
    folds=(
        FoldRow(record=Posted, fold=fold_ticket),
        FoldRow(record=Refunded, fold=fold_ticket),
        FoldRow(record=Paid, fold=fold_paid),
        FoldRow(record=Copied, fold=fold_copied),
    ),
    refusals=REFUSALS,
)
