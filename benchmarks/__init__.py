"""Benchmarks: one file per question, each answered by ``run()`` as ratios taken in one run."""
