"""Values as the cells of a CSV table that a spreadsheet opens."""

from __future__ import annotations

import math
from typing import Any

# A spreadsheet takes a text that begins so for a formula, and runs it; names of devices come out of files.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> Any:
    """Nothing for what is not measured; seven significant digits, which is what the store holds; harmless text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
