"""``guichet serve``: tills and browsers against one engine, over HTTP."""

import argparse
import datetime
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Reader
from engine.features import FEATURES
from server import tls
from server.auth import pepper
from server.cli.shell import Exit, Problem, Shell, printable
from server.options import BadOption, Options, hosts_of, read_options
from server.serve import CannotServe, Supervisor, bind

FLAGS = tuple(
    field.name for field in msgspec.structs.fields(Options) if field.name not in ("data", "unsafe_filesystem")
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet serve`` takes; each can also stand in the file or the environment (docs/running.md)."""

    def add(name: str, text: str, **how: Any) -> None:
        parser.add_argument(name, default=argparse.SUPPRESS, help=text, **how)

    repeated: dict[str, Any] = {"action": "append"}
    add("--config", "a TOML file with these options", metavar="FILE", type=Path)
    add("--host", "the address to listen on (default 127.0.0.1)", metavar="ADDRESS")
    add("--port", "the port to listen on (default 8420; 0: any free one)", type=int)
    add("--workers", "how many processes speak HTTP (default 1)", type=int)
    add("--allow-host", "a name that this server answers to, as in Host (repeat)", **repeated, metavar="NAME")
    add("--tls", "speak HTTPS with a certificate of a local authority", action="store_true")
    add("--behind-proxy", "a proxy ends TLS before this server", action="store_true")
    add("--sales-per-second", "what one till may sell in the long run (default 20)", type=int, metavar="N")
    add("--guests-per-minute", "what one address may ask without a credential (default 60)", type=int, metavar="N")
    add("--sign-ins-per-minute", "how often one address may try to sign in (default 10)", type=int, metavar="N")
    add("--pepper", "the file of the key for PINs and cookies (default: in the shop's keys/)", metavar="FILE")
    add("--sales-burst", "what one till may sell at once (default 200)", type=int, metavar="N")
    add("--public-url", "where anybody reaches this server, for proofs on receipts and links", metavar="URL")
    add(
        "--allow-device",
        "a device or folder that printers may be, * as in a shell (repeat)",
        **repeated,
        metavar="PATH",
    )
    add(
        "--allow-printer-network",
        "a network that printers may be in, loopback too (repeat)",
        **repeated,
        metavar="CIDR",
    )
    add("--printer-port", "ports of printers besides 9100-9109 (repeat)", **repeated, metavar="N or N-M")
    add("--webhook-port", "a port that webhooks may go to (443, 8443; default 443; repeat)", **repeated, type=int)
    add("--test-webhook", "tests only: send webhooks for NAME to the loopback", **repeated, metavar="NAME=ADDRESS")


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

    supervisor = Supervisor(options, listener, _report)
    try:
        supervisor.run(ready)
    except CannotServe as error:
        raise Problem("serve.stopped", str(error), exit=Exit.FAULT) from error
    shell.say("Stopped; everything that was acknowledged is on disk.")
    return Exit.OK


def _report(text: str) -> None:
    """What happens to processes while it serves: with their own messages, whoever reads the result on stdout."""
    sys.stderr.write(f"guichet: {printable(text)}\n")
    sys.stderr.flush()


def _require_pepper(shell: Shell, options: Options) -> None:
    """The workers' own key, made where there is none yet; without one nobody could be let in."""
    path = pepper.ensure(shell.data, options.pepper)
    try:
        with Reader(shell.data, FEATURES) as reader:
            pepper.load(path, reader.shop)
    except pepper.PepperError as error:
        hint = "Bring it back: every PIN and every session was made with it."
        raise Problem("serve.pepper", str(error), hint) from error
