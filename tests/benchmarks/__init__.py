"""Benchmarks, run by hand and in CI as a smoke run: they print ratios within one run and never judge by the clock."""
