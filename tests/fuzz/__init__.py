"""Broken input by the hundred thousand, for every reader and for archives.

`python -m tests.fuzz --count 100000` makes that many inputs from real files and fixtures, one for each number, and says
which of them ended in anything else than activities or a ReadError, took longer than two seconds or more than 500 MB.
`python -m tests.fuzz --number 4711` makes that one input again.
"""
