"""A PostgreSQL of the benchmark's own: a cluster in a temporary directory, as it is by default, gone afterwards."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USERS = ("postgres", "nobody")
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
DATABASE = "postgres"


class NotHere(Exception):
    """There is no PostgreSQL that could be started: why."""


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """A running cluster, reached by a socket in its own directory; gives SQLAlchemy's URL. Raises `NotHere`."""
    folder = directory / "postgres"
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    user = _user()
    folder.mkdir()
    if user is not None:
        # The server refuses to run as root: it gets a directory of its own, and a way through ours.
        directory.chmod(0o711)
        shutil.chown(folder, user.pw_name)
    data = folder / "data"
    log = folder / "log"
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=100"
    _as(user, [initdb, "-D", str(data), "-U", DATABASE, "-A", "trust", "-E", "UTF8"], folder)
    _as(user, [pg_ctl, "-D", str(data), "-l", str(log), "-w", "-o", settings, "start"], folder)
    try:
        yield f"postgresql+psycopg://{DATABASE}@/{DATABASE}?host={folder}"
    finally:
        _as(user, [pg_ctl, "-D", str(data), "-m", "fast", "-w", "stop"], folder)
        shutil.rmtree(folder)


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(each / name) for each in FOLDERS if (each / name).exists()), None)
    if found is None:
        raise NotHere(f"{name} is not installed (Debian: postgresql)")
    return found


def _user() -> pwd.struct_passwd | None:
    """Whom to run it as: None for ourselves, where we are not root."""
    if os.getuid() != 0:
        return None
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NotHere("PostgreSQL does not run as root, and there is no other user")


def _as(user: pwd.struct_passwd | None, command: list[str], folder: Path) -> None:
    who: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
        **who,
    )
    if done.returncode:
        raise NotHere(f"{Path(command[0]).name}: {done.stderr.decode(errors='replace').strip()[-300:]}")
