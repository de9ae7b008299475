"""What a till knows and decides."""

import engine_ext.hot  # noqa: F401
