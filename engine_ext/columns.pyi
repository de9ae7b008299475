"""Types of the report columns."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH_MAX: Final = 256
SOURCE_SHA256: str

def gather(rows: list[bytes], width: int) -> NDArray[np.int64]: ...
def group_sum(
    keys: NDArray[np.int64], values: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]: ...
