"""What schemathesis has to know about this API beside its description; loaded by schemathesis, not by the tests."""

from typing import Any

import schemathesis
from served_shop import headers_at_till

ASKER = 7001  # as in test_schemathesis.py


def whole(value: Any) -> Any:
    """The value with 4.0 as 4: JSON Schema calls both an integer, and this API takes no float where money may be."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return value


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """The cookie of who stands at the till, sealed now: a shift that rests is locked."""
    case.headers["Cookie"] = headers_at_till(ASKER, ASKER, sign_in=1)["Cookie"]


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Every generated body."""
    return whole(body)
