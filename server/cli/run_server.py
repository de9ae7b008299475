"""``guichet serve``: tills and browsers against one engine, over HTTP."""

import argparse
import datetime
import os
from pathlib import Path
from typing import Any

from engine.engine import Reader
from engine.features import FEATURES
from server import tls
from server.auth import pepper
from server.cli.shell import Exit, Problem, Shell
from server.options import BadOption, Options, hosts_of, read_options
from server.serve import CannotServe, Supervisor, bind

FLAGS = (
    *("host", "port", "workers", "allow_host", "tls", "behind_proxy", "pepper"),
    *("sales_per_second", "sales_burst", "guests_per_minute", "sign_ins_per_minute"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet serve`` takes; each can also stand in the file or the environment (docs/running.md)."""

    def add(name: str, text: str, **how: Any) -> None:
        parser.add_argument(name, default=argparse.SUPPRESS, help=text, **how)

    add("--config", "a TOML file with these options", metavar="FILE", type=Path)
    add("--host", "the address to listen on (default 127.0.0.1)", metavar="ADDRESS")
    add("--port", "the port to listen on (default 8420; 0: any free one)", type=int)
    add("--workers", "how many processes speak HTTP (default 1)", type=int)
    add("--allow-host", "a name that this server answers to, as in Host (repeat)", action="append", metavar="NAME")
    add("--tls", "speak HTTPS with a certificate of a local authority", action="store_true")
    add("--behind-proxy", "a proxy ends TLS before this server", action="store_true")
    add("--sales-per-second", "what one till may sell in the long run (default 20)", type=int, metavar="N")
    add("--guests-per-minute", "what one address may ask without a credential (default 60)", type=int, metavar="N")
    add("--sign-ins-per-minute", "how often one address may try to sign in (default 10)", type=int, metavar="N")
    add("--pepper", "the file of the key for PINs and cookies (default: in the shop's keys/)", metavar="FILE")
    add("--sales-burst", "what one till may sell at once (default 200)", type=int, metavar="N")


def options_of(arguments: argparse.Namespace, shell: Shell) -> Options:
    """The options from file, environment and flags."""
    given = vars(arguments)
    flags = {name: given[name] for name in FLAGS if name in given}
    if shell.chosen or "data" in given:
        flags["data"] = str(shell.data)
    if shell.unsafe:
        flags["unsafe_filesystem"] = True
    environment = {"GUICHET_DATA": str(shell.data)} | dict(os.environ)
    try:
        return read_options(flags, environment, given.get("config"))
    except BadOption as error:
        raise Problem("serve.option", str(error), "docs/running.md names every option.") from error


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Serves until it is asked to stop."""
    options = options_of(arguments, shell)
    shell = Shell(Path(options.data), chosen=True, json=shell.json, unsafe=shell.unsafe)
    shell.require_shop()
    _require_pepper(shell, options)
    if options.tls:
        names = sorted(name.decode().strip("[]") for name in hosts_of(options))
        authority = tls.ensure(shell.data, names, datetime.datetime.now(datetime.UTC))
        shell.say(f"Tills and browsers trust this server when they trust {authority}")
    try:
        listener = bind(options)
    except CannotServe as error:
        raise Problem("serve.listen", str(error), "Choose another --port, or --port 0.", exit=Exit.FAULT) from error
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = f"{'https' if options.tls else 'http'}://{shown}:{port}"

    def ready() -> None:
        shell.say(f"Guichet serves {shell.data} at {address} (the API: {address}/api). Ctrl-C stops it.")
        shell.result({"ok": True, "address": address, "processes": supervisor.children})

    supervisor = Supervisor(options, listener, shell.say)
    try:
        supervisor.run(ready)
    except CannotServe as error:
        raise Problem("serve.stopped", str(error), exit=Exit.FAULT) from error
    shell.say("Stopped; everything that was acknowledged is on disk.")
    return Exit.OK


def _require_pepper(shell: Shell, options: Options) -> None:
    """The workers' own key, made where there is none yet; without one nobody could be let in."""
    path = pepper.ensure(shell.data, options.pepper)
    try:
        with Reader(shell.data, FEATURES) as reader:
            pepper.load(path, reader.shop)
    except pepper.PepperError as error:
        hint = "Bring it back: every PIN and every session was made with it."
        raise Problem("serve.pepper", str(error), hint) from error
