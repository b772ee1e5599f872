"""Zips of given members, the same for the same members."""

import io
import zipfile
from collections.abc import Mapping


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body, method)
    return memory.getvalue()


def stored(members: Mapping[str, bytes]) -> bytes:
    """The same, not packed."""
    return zipped(members, zipfile.ZIP_STORED)
