"""Puts the fault-injection tools on the path, so that campaigns and tests import them by their bare names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
