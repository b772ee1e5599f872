"""The one kind of record: a frozen msgspec.Struct, made by keyword (rows of tables by position)."""

from __future__ import annotations

from typing import Any, Self

import msgspec


class Record(msgspec.Struct, frozen=True):
    """Base of all records. Subclasses say `frozen=True, kw_only=True`; rows of tables leave `kw_only` out."""

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed. Raises TypeError for a field that it does not have."""
        return msgspec.structs.replace(self, **changes)
