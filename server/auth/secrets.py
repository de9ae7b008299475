"""PINs, badges and passwords: hashed slowly, two at a time, so that guessing cannot starve the sale of anything."""

import functools
import hashlib
import hmac
import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

from server.auth.pepper import Pepper

MEMORY_KIB = 19_456  # Argon2id m = 19 MiB, t = 2, p = 1 (OWASP; 46 ms measured, reliability 3.5)
PASSES = 2
LANES = 1
HASH_BYTES = 32
POOL_THREADS = 2
QUEUE_JOBS_MAX = 8
PASSWORD_CHARS_MIN = 15
PASSWORD_CHARS_MAX = 200
DIFFERENT_CHARS_MIN = 5
RETRY_AFTER_S = 2

Purpose = Literal["pin", "password"]

_PIN = re.compile(r"[0-9]{4}|[0-9]{6}")
_BADGE = re.compile(r"[\x21-\x7e]{4,128}")


class BusyError(Exception):
    """Two hashes are being made and eight wait: answer 503 with ``Retry-After``, and count nothing."""


class WeakSecretError(Exception):
    """A PIN or a password that must not be chosen; ``code`` is stable, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def _runs(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def require_pin(pin: str, *, shop_codes: tuple[str, ...] = ()) -> None:
    """Six digits, or four; not one digit repeated, no run up or down, none of the shop's own numbers.

    Four digits are enough only because a PIN is taken at enrolled tills alone, where the device is the first factor.
    """
    if _PIN.fullmatch(pin) is None:
        raise WeakSecretError("auth.pin_form", "a PIN has six digits, or four")
    if _runs(pin):
        raise WeakSecretError("auth.pin_weak", "a PIN is no repeated digit and no run of digits")
    half = len(pin) // 2
    if pin[:half] == pin[half:] or pin == pin[::-1]:
        raise WeakSecretError("auth.pin_weak", "a PIN is not the same half twice, forward or backward")
    if any(pin in code for code in shop_codes):
        raise WeakSecretError("auth.pin_weak", "a PIN is no part of the shop's own numbers")


def require_password(password: str, *, names: tuple[str, ...] = ()) -> None:
    """At least fifteen characters (NIST SP 800-63B, where a password may be the only secret), not the name repeated."""
    if len(password) < PASSWORD_CHARS_MIN:
        raise WeakSecretError("auth.password_short", f"a password has at least {PASSWORD_CHARS_MIN} characters")
    if len(password) > PASSWORD_CHARS_MAX:
        raise WeakSecretError("auth.password_long", f"a password has at most {PASSWORD_CHARS_MAX} characters")
    left = password.casefold()
    for name in names:
        left = left.replace(name.casefold(), "") if name else left
    if len(set("".join(left.split()))) < DIFFERENT_CHARS_MIN:
        raise WeakSecretError(
            "auth.password_weak", "a password has at least five different characters besides spaces and names"
        )


@functools.cache
def _hasher() -> Any:
    """Argon2 is imported with the first secret: a worker that only answers reads never needs it."""
    import argon2

    return argon2.PasswordHasher(
        time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, hash_len=HASH_BYTES, type=argon2.Type.ID
    )


def _hash(mixed: bytes) -> str:
    made: str = _hasher().hash(mixed)
    return made


def _matches(mixed: bytes, stored: str) -> bool:
    import argon2

    try:
        return bool(_hasher().verify(stored, mixed))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


class Secrets:
    """Hashes and checks of one shop, in a pool of two threads with a queue of eight (argon2 lets the GIL go).

    Futures are `concurrent.futures.Future`; an event loop waits with `asyncio.wrap_future`. `BusyError` is raised at
    once where the queue is full, *before* a try is counted: ask `room` first, then send `staff.try_pin`.
    """

    def __init__(self, pepper: Pepper) -> None:
        self.pepper = pepper
        self._pool = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="secrets")
        self._places = threading.BoundedSemaphore(POOL_THREADS + QUEUE_JOBS_MAX)
        self._dummy: str | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Waits for what is running and drops what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def room(self) -> "Place":
        """A place in the queue, taken before the try is counted; give it back by using it or by leaving its block."""
        if not self._places.acquire(blocking=False):
            raise BusyError("too many PINs and passwords are being checked")
        return Place(self._places.release)

    def hash(self, purpose: Purpose, operator: int, secret: str) -> "Future[str]":
        """The stored form of a PIN or password."""
        return self._run(self.room(), _hash, self.pepper.mixed(purpose, operator, secret))

    def check(
        self, purpose: Purpose, operator: int, secret: str, stored: str | None, place: "Place | None" = None
    ) -> "Future[bool]":
        """Whether the secret is the stored one; where none is stored the same work is done, and the answer is no."""
        mixed = self.pepper.mixed(purpose, operator, secret)
        return self._run(place or self.room(), self._compare, mixed, stored)

    def _compare(self, mixed: bytes, stored: str | None) -> bool:
        if stored is None:
            _matches(mixed, self._nobodys())
            return False
        return _matches(mixed, stored)

    def _nobodys(self) -> str:
        with self._lock:
            if self._dummy is None:
                self._dummy = _hash(self.pepper.mixed("pin", 0, "nobody"))
            return self._dummy

    def _run(self, place: "Place", work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        release = place.take()
        try:
            future = self._pool.submit(work, *arguments)
        except BaseException:
            release()
            raise
        future.add_done_callback(lambda _: release())
        return future

    def key(self, purpose: str, operator: int, secret: str) -> str:
        """The keyed hash that stands for a secret in the content of a command (`Secret.key`): never the slow one."""
        return hmac.new(
            self.pepper.key("content"), self.pepper.mixed(purpose, operator, secret), hashlib.sha256
        ).hexdigest()

    def badge(self, value: str) -> str:
        """The stored form of a badge (an NFC id or a barcode): keyed, not slow, since it has to be found by it."""
        if _BADGE.fullmatch(value) is None:
            raise WeakSecretError("auth.badge_form", "a badge is 4 to 128 visible ASCII characters")
        return hmac.new(self.pepper.key("badge"), value.encode(), hashlib.sha256).hexdigest()


class Place:
    """One place in the queue; used once, or given back at the end of a ``with`` block."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release: Callable[[], None] | None = release

    def take(self) -> Callable[[], None]:
        """Hands the place over to the work that gives it back when it is done."""
        release, self._release = self._release, None
        if release is None:
            raise BusyError("this place was used before")
        return release

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        if self._release is not None:
            self.take()()
