"""The result page: how many mutants were killed, and every survivor with what it means."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.conftest import ROOT
from tests.make_method import table
from tests.mutation.mutants import Mutant
from tests.mutation.result import PROMISED, Result

PAGE = ROOT / "docs" / "mutation.md"
# By the key of a mutant: "same", "harmless" or "gap", and why; written by hand.
MEANINGS: dict[str, str] = json.loads(Path(__file__).with_name("meanings.json").read_text(encoding="utf-8"))
UNKNOWN = "not looked at yet"
HEAD = """# Mutation testing of the analysis

This page is written by `python -m tests.mutation --out docs/mutation.md`. One thing at a time is broken in
`src/kneedrive/analysis` or `src/kneedrive/histories`: a comparison or an operator swapped, a condition turned round, a
number moved by one. Then the fast tests of both run against it (no real files, no simulated runs by the hundred). A
mutant that no test notices survives. Words are left alone.

{made:,} mutants are possible; {tried:,} were drawn by seed {seed}. {killed:,} were noticed and {left} survived:
**{share:.1f} %** (promised: below {promised:.0f} %).{kinds}{first}"""
FIRST = """

When they were drawn, {first} survived ({share:.1f} %). Tests were then added for these, so of mutants that were not
drawn a larger share than now may survive."""


def page(result: Result) -> str:
    """The page of a run."""
    left = Counter(each.module for each in result.survivors)
    tried = sum(result.tried.values())
    kinds = Counter(meaning(each).partition(":")[0] for each in result.survivors)
    head = HEAD.format(
        made=result.made,
        tried=tried,
        seed=result.seed,
        killed=tried - len(result.survivors),
        left=len(result.survivors),
        share=100 * result.share,
        promised=100 * PROMISED,
        kinds="".join(f" {count} {kind}." for kind, count in sorted(kinds.items())),
        first=FIRST.format(first=result.first, share=100 * result.first / tried)
        if result.first > len(result.survivors)
        else "",
    )
    modules = [(f"`{name}`", str(count), str(left[name])) for name, count in sorted(result.tried.items())]
    rows = [(f"`{each.module}`", _code(each.before), _code(each.after), meaning(each)) for each in result.survivors]
    parts = (
        head,
        "## By module",
        table(("module", "mutants", "survived"), modules),
        "## Survivors",
        "*Same*: the mutant does the same for every input that can occur. *Harmless*: something differs that nobody "
        "relies on. *Gap*: a test could notice and does not yet.",
        table(("module", "code", "broken", "what it means"), rows),
    )
    return "\n\n".join(parts) + "\n"


def meaning(mutant: Mutant) -> str:
    """What is known about a survivor."""
    return MEANINGS.get(mutant.key, UNKNOWN)


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
