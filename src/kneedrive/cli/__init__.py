"""The command line: argparse, one file per command family; the only place that prints or exits."""
