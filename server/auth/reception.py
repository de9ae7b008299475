"""The reception: what every endpoint of sign-in works with, and how its end becomes a response."""

import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from engine.engine import Actor, Reader, Refusal
from server.api.exchange import Headers, reply_headers
from server.api.problems import CODES, Problem, problem_body, refusal_status
from server.auth.bodies import Body, Shown
from server.auth.ceremonies import DeclinedError, Desk
from server.auth.desk import EngineTroubleError
from server.auth.gate import Gate, now_ms
from server.auth.passkeys import PasskeyError
from server.auth.pepper import Pepper, PepperError
from server.auth.secrets import BusyError, Secrets, WeakSecretError

PASSKEY_KEY = "passkeys"
OK = 200

_encode = msgspec.json.Encoder().encode


class Asked(NamedTuple):
    """One request: who asks (already recognised), the checked body, his cookies, and the ``Host`` that he named."""

    actor: Actor
    body: Any
    jar: Mapping[str, str]
    host: str


class Answered(NamedTuple):
    """What is shown, and cookies beside it."""

    shown: Shown
    headers: Headers = ()


class Response(NamedTuple):
    """A response's parts as they are sent."""

    status: int
    body: bytes
    content_type: bytes
    headers: Headers


@dataclasses.dataclass(slots=True, kw_only=True)
class Reception:
    """One worker's: the desk, the gate that reads what is sealed here, the reader, the pepper (read with the first use)
    and the scheme of our own pages."""

    desk: Desk
    gate: Gate
    reader: Callable[[], Reader]
    load_pepper: Callable[[], Pepper]
    scheme: str = "http"
    now_ms: Callable[[], int] = now_ms
    _secrets: Secrets | None = None

    @property
    def secrets(self) -> Secrets:
        """The pool in which PINs and passwords are hashed."""
        if self._secrets is None:
            try:
                self._secrets = Secrets(self.load_pepper())
            except PepperError as error:
                raise Problem("auth.no_pepper") from error
        return self._secrets

    @property
    def pepper(self) -> Pepper:
        """The workers' own key."""
        return self.secrets.pepper

    def settings(self) -> Mapping[str, Any]:
        """The shop's settings; empty where there are none yet."""
        try:
            found: Mapping[str, Any] = self.reader().ask_by_name("settings.get", {"id": 1})
        except Refusal:
            return {}
        return found

    def close(self) -> None:
        """Lets the pool go."""
        if self._secrets is not None:
            self._secrets.close()
            self._secrets = None


Run = Callable[[Reception, Asked], Awaitable[Answered]]


async def answer(reception: Reception, run: Run, asked: Asked) -> Response:
    """Runs one endpoint; whatever it declines is a problem with a stable code, and says no more than that."""
    try:
        done = await run(reception, asked)
    except DeclinedError as error:
        return declined(error.code, error.text, error.data)
    except BusyError:
        return declined("auth.busy", CODES["auth.busy"])
    except WeakSecretError as error:
        return declined(error.code, error.text)
    except PasskeyError as error:
        return declined(error.code, "the passkey was not accepted")
    except EngineTroubleError as error:
        reply = error.reply
        return Response(reply.status, reply.body, *reply_headers(reply.status, reply.retry_after_s))
    return Response(OK, _encode(done.shown), b"application/json", done.headers)


def declined(code: str, text: str, data: Mapping[str, Any] | None = None) -> Response:
    """A problem as a response, with ``Retry-After`` where it says how long to wait."""
    status, wait_s = refusal_status(code, data or {})
    body = problem_body(status, code, text, data=data)
    return Response(status, body, *reply_headers(status, wait_s))


def decode(takes: type[Body], data: bytes) -> Any:
    """The body as its type says; raises `Refusal` ``kernel.bad_request``, which names the field and never its value."""
    try:
        return _decoder(takes).decode(data)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `")
        at = place.rstrip("`").removeprefix("$").removeprefix(".") or None
        raise Refusal("kernel.bad_request", text, at=at) from error
    except msgspec.DecodeError as error:
        raise Refusal("kernel.bad_request", "the body is not JSON") from error


@functools.cache
def _decoder(takes: type[Body]) -> Any:
    return msgspec.json.Decoder(takes)
