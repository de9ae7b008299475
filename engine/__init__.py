"""What a till knows and decides."""

import engine_ext.hot  # noqa: F401  # leads the imports that follow to compiled forms, where they are fresh
