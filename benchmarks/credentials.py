"""How the simulated tills show who they are: the one place that benchmarks know of credentials."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks import ticket
from server.auth import token_files


def enrol(data: Path, tills: Iterable[int]) -> None:
    """Gives every till its credential, before the shop is served."""
    token_files.ensure(data, tills)


def headers_of(data: Path, till: int) -> dict[str, str]:
    """The headers by which a served shop recognises a till and the person at it."""
    token = (data / token_files.FOLDER / f"till-{till}.token").read_text(encoding="ascii").strip()
    return {"Authorization": f"Bearer {token}", "X-Operator": str(ticket.OPERATOR)}
