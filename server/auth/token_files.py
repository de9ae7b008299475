"""Bearer tokens kept in files beside the signing key: one for each till, one for the back office."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.engine import Actor
from server.api.problems import Problem
from server.auth.askers import Asker, asker

FOLDER = "keys"
OFFICE = "office.token"
TOKEN_BYTES = 32
LOOK_EACH_NS = 1_000_000_000  # a file that was removed counts no longer than this
ASKERS_KEPT_MAX = 4096
OPERATOR_DIGITS_MAX = 15

_NAME = re.compile(r"till-([1-9][0-9]{0,4})\.token")
_CHALLENGE = ((b"www-authenticate", b"Bearer"),)


def ensure(data: Path, tills: Iterable[int]) -> list[Path]:
    """Makes the token files that are missing (mode 0600); returns those it made."""
    names = {OFFICE: "tk_office_"} | {f"till-{till}.token": f"tk_till_{till}_" for till in tills}
    made = []
    for name, prefix in names.items():
        path = data / FOLDER / name
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(file, "w", encoding="ascii") as out:
            out.write(prefix + secrets.token_urlsafe(TOKEN_BYTES) + "\n")
        made.append(path)
    return made


class TokenFiles:
    """Recognises ``Authorization: Bearer`` by the files' tokens; ``X-Operator`` says which operator stands there.

    Only the SHA-256 of a token is kept, so that looking one up takes the same time for every wrong guess.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._tills: dict[bytes, int] = {}
        self._askers: dict[tuple[bytes, bytes], Asker] = {}
        self._looked_ns = 0
        self._mark: tuple[int, int] = (0, 0)
        self._look(time.monotonic_ns())

    def authenticate(self, headers: Mapping[bytes, bytes], address: str) -> Asker:
        """The actor of a till's or the back office's token, from any address; raises `Problem` ``auth.*``."""
        now_ns = time.monotonic_ns()
        if now_ns - self._looked_ns > LOOK_EACH_NS:
            self._look(now_ns)
        given = headers.get(b"authorization", b"")
        operator = headers.get(b"x-operator", b"")
        known = self._askers.get((given, operator))
        if known is not None:
            return known
        scheme, _, token = given.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise Problem("auth.missing", headers=_CHALLENGE)
        till = self._tills.get(hashlib.sha256(token.strip()).digest())
        if till is None:
            raise Problem("auth.unknown", headers=_CHALLENGE)
        if not operator.isdigit() or len(operator) > OPERATOR_DIGITS_MAX or not int(operator):
            raise Problem("auth.no_operator", "X-Operator names the operator by the number of its row")
        if len(self._askers) >= ASKERS_KEPT_MAX:
            self._askers.clear()
        made = self._askers[(given, operator)] = asker(Actor(till=till, operator=int(operator)))
        return made

    def _look(self, now_ns: int) -> None:
        """Reads the files again where the folder has changed."""
        self._looked_ns = now_ns
        try:
            stat = self._folder.stat()
            mark = (stat.st_mtime_ns, stat.st_ino)
            if mark == self._mark:
                return
            tills: dict[bytes, int] = {}
            for path in self._folder.glob("*.token"):
                name = _NAME.fullmatch(path.name)
                if name is not None or path.name == OFFICE:
                    token = path.read_bytes().strip()
                    tills[hashlib.sha256(token).digest()] = int(name[1]) if name else 0
        except OSError:
            tills, mark = {}, (0, 0)  # what cannot be read lets nobody in
        self._tills, self._mark = tills, mark
        self._askers.clear()
