"""What schemathesis has to know about this API beside its description; loaded by schemathesis, not by the tests."""

from typing import Any

import schemathesis


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
def map_body(context: Any, body: Any) -> Any:
    """Every generated body."""
    return whole(body)
