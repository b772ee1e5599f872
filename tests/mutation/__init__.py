"""Mutation testing of the analysis: break one thing in the code, and see whether a test notices.

`python -m tests.mutation --out docs/mutation.md` breaks a sample of all places that can be broken, one at a time, and
runs the fast tests of the analysis against each. A mutant that no test notices survives; the page lists every one with
what it means. The files themselves are never changed: a mutant exists only in the process that tests it.
"""
