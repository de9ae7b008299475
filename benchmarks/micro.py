"""The two micro-benchmarks of the core, pricing and sealing, as figures beside the others."""

from typing import Any

from benchmarks import bench_pricing, bench_seal
from benchmarks.figures import Figure, Plan, answer, at_least, at_most, plain

TWIN_RATIO_MIN = 8  # G2: the compiled core against pure Python


def pricing(plan: Plan) -> dict[str, Any]:
    """What pricing costs by the size of the basket, in S, and against the plain twin."""
    found = bench_pricing.run()
    figures: list[Figure] = []
    for size in (5, 8, 200):
        row = found[f"lines_{size}"]
        figures += [
            plain(f"{size} lines: objects", row["build_ns"] / found["s_ns"], "S"),
            plain(f"{size} lines: price, one discount", row["price_one_discount_ns"] / found["s_ns"], "S"),
            at_least(f"{size} lines: twin / core", row["twin_ratio"], "x", TWIN_RATIO_MIN, "G2"),
        ]
    return answer("what does pricing a basket cost?", figures, raw=found)


def sealing(plan: Plan) -> dict[str, Any]:
    """Canonical bytes, hashes, tree, proofs and signatures, each in S."""
    found = bench_seal.run()
    figures = [plain(name, value, "S") for name, value in found["in_S"].items()]
    goal = found["verify_goal"]
    figures.append(at_most("verify one 1 KB entry, from memory", goal["S"], "S", round(goal["at_most_S"], 2), "G13"))
    return answer("what do canonical bytes, leaves, tree, proofs and signatures cost?", figures, raw=found)
