"""What the kernel itself answers to: clock confirmation, and the folds of its own records."""

from engine.kernel.capability import Capability, CommandRow, FoldRow
from engine.kernel.confirm_clock import ConfirmClock, decide_confirm_clock
from engine.kernel.genesis import Genesis, KeyRotated, fold_genesis, fold_key_rotated

TABLE = Capability(
    name="kernel",
    commands=(CommandRow(type=ConfirmClock, decide=decide_confirm_clock, permission="kernel.clock", example={}),),
    folds=(
        FoldRow(record=Genesis, fold=fold_genesis),
        FoldRow(record=KeyRotated, fold=fold_key_rotated),
    ),
    refusals={
        "kernel.bad_request": "the body is not what the command's type says; `at` names the field",
        "kernel.bad_decimal": "a decimal string has too many decimals or is too large",
        "kernel.bad_actor": "a till or an operator is a number that none can have, or the credential has no known form",
        "kernel.bad_id": "a command id is 16 bytes (32 hex digits)",
        "kernel.text_not_nfc": "a text is not in Unicode normal form C",
        "kernel.unknown_command": "there is no such command",
        "kernel.unknown_query": "there is no such query",
        "kernel.unknown_till": "the till does not exist or is not active",
        "kernel.no_operator": "nobody is at the till: a command needs an operator",
        "kernel.no_credential": "a worker sent a command without saying by what credential",
        "kernel.secret_not_here": "a client put a secret's stored form in a row; `way` says where the secret is set",
        "kernel.step_up": "this needs a session whose identity was proven within the last five minutes",
        "kernel.wrong_source": "the command is none that this process may send",
        "kernel.not_allowed": "the operator's role does not hold the right",
        "kernel.id_reused": "the command id was used before with other content",
        "kernel.no_such_row": "a row that is named does not exist",
        "kernel.row_changed": "the row is not at the version that the change was made for; `version` says at which",
        "kernel.not_unique": "another row holds a value that is unique",
        "kernel.bad_row_id": "the id is not one that a row of this kind can have",
        "kernel.row_in_use": "other rows point to the row",
        "kernel.too_many_rows": "the kind is full",
        "kernel.clock_fine": "the clock is not in doubt",
        "journal.no_such_entry": "the journal has no entry of this generation and sequence",
        "journal.entry_too_large": "the entry would pass 65 535 bytes",
        "journal.not_canonical": "the entry holds something that has no canonical form",
        "ledger.floor": "an account would fall below its floor",
        "ledger.overflow": "an account would leave the range of exact integers",
        "store.disk_low": "the disk is nearly full: what is begun can be finished, nothing new is begun",
    },
)
