"""The proof of the method: `python -m tests.validation --out docs/validation.md` writes the page from scratch.

One module per part. Every number is computed, every sentence that depends on a number is chosen by it, and the same
seed gives the same page. `--quick` makes a small version in seconds, which the tests regenerate and compare.
"""
