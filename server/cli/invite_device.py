"""``guichet invite`` and ``guichet enrol``: a device becomes a till by a one-time code."""

import argparse
import json
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from server.auth import ceremonies
from server.auth.ceremonies import Desk
from server.auth.secrets import Secrets
from server.cli.console import CONSOLE_ACTOR, add_pepper, in_shop
from server.cli.shell import Exit, Problem, Shell, printable

URL_DEFAULT = "http://127.0.0.1:8420"
ENROL_PATH = "/api/v1/auth/enrol"
ANSWER_WITHIN_S = 30
ANSWER_BYTES_MAX = 1 << 16


def add_invite_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet invite`` takes."""
    parser.add_argument("--till", type=int, required=True, metavar="N", help="the till that the device becomes")
    add_pepper(parser)


def run_invite(arguments: argparse.Namespace, shell: Shell) -> int:
    """Prints a one-time code, alone on standard output so that a script can take it."""

    async def work(desk: Desk, secrets: Secrets) -> str:
        return await ceremonies.invite(desk, secrets.pepper, arguments.till, CONSOLE_ACTOR)

    code = in_shop(shell, arguments.pepper, work)
    shell.say(code)
    if not shell.json:
        sys.stderr.write(f"Good once, for ten minutes: type it at the device that becomes till {arguments.till}.\n")
    shell.result({"ok": True, "till": arguments.till, "code": code})
    return Exit.OK


def add_enrol_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet enrol`` takes."""
    parser.add_argument("code", metavar="CODE", help="what `guichet invite` or the back office showed")
    parser.add_argument("--url", default=URL_DEFAULT, help=f"where the shop is served (default {URL_DEFAULT})")
    parser.add_argument(
        "--authority", type=Path, metavar="FILE", help="the authority to trust over TLS (authority.pem)"
    )


def run_enrol(arguments: argparse.Namespace, shell: Shell) -> int:
    """Makes this device a till of a shop that is served; prints its token, alone on standard output."""
    answer = _post(arguments.url, {"code": arguments.code}, arguments.authority)
    shell.say(answer["token"])
    if not shell.json:
        sys.stderr.write(f"This device is till {answer['till']}: keep the token, it is shown this once.\n")
    shell.result({"ok": True, "till": answer["till"], "token": answer["token"]})
    return Exit.OK


def _post(url: str, body: dict[str, Any], authority: Path | None) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Problem("enrol.url", f"{url} is no address of a server", "Such as http://127.0.0.1:8420.")
    trust = ssl.create_default_context(cafile=None if authority is None else str(authority))
    request = urllib.request.Request(  # noqa: S310  # http and https only, asked a line above
        url.rstrip("/") + ENROL_PATH,
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S, context=trust) as answer:  # noqa: S310  # no other scheme gets here
            made: dict[str, Any] = json.loads(answer.read(ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        raise _declined(error) from error
    except (urllib.error.URLError, ValueError) as error:
        hint = "Is `guichet serve` running there? Over TLS, --authority names what to trust."
        raise Problem("enrol.unreachable", f"{url} does not answer: {error}", hint, exit=Exit.FAULT) from error
    return made


def _declined(error: urllib.error.HTTPError) -> Problem:
    try:
        said = json.loads(error.read(ANSWER_BYTES_MAX))
        code, text = str(said["code"]), str(said["detail"])
    except (ValueError, KeyError, TypeError):
        return Problem("enrol.unreachable", f"the server answers HTTP {error.code}, which no Guichet does")
    hint = "Ask for a new code: `guichet invite --till N`, or the back office."
    return Problem(code, printable(text), hint, exit=Exit.REFUSED)
