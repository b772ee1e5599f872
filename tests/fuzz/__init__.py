"""Broken input by the hundred thousand, for every reader and for archives.

`python -m tests.fuzz --count 100000` makes that many inputs, one for each number: real files and fixtures with
something broken, FIT files of odd types, and pieces that repeat up to a megabyte. It says which of them ended in
anything else than activities or a ReadError, took longer than two seconds or more than 300 MB.
`python -m tests.fuzz --number 4711` makes that one input again.
"""
