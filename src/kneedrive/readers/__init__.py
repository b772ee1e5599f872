"""Bytes to activities. The kind is told from the bytes, never from the name.

Every reader is `read(data, name, id) -> tuple of Activity`, one per session, with notes about what it forgave.
"""

import hashlib
from importlib import import_module

from kneedrive.errors import UnknownFormat
from kneedrive.recording import Activity

_READERS = ("fit", "gpx", "tcx", "strava")
_HEAD = 4096
_STRAVA = b'{"format":"kneedrive-strava-'  # how sources/strava.py begins its documents


def sniff(data: bytes) -> str:
    """The format of these bytes: "fit", "gpx", "tcx", "strava", "gzip", "zip", or "" for none of them."""
    if data[8:12] == b".FIT":
        return "fit"
    if data[:2] == b"\x1f\x8b":
        return "gzip"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if data.startswith(_STRAVA):
        return "strava"
    head = data[:_HEAD].replace(b"\0", b"").lower()
    if b"<gpx" in head:
        return "gpx"
    if b"<trainingcenterdatabase" in head:
        return "tcx"
    return ""


def identity(data: bytes) -> str:
    """The id that a recording's activities carry: the first 12 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def read(data: bytes, name: str = "") -> tuple[Activity, ...]:
    """The activities in the bytes of one FIT, GPX or TCX file, or of a document of Strava's API, by their start.

    Raises ReadError (UnknownFormat, Truncated, Malformed, NoActivity) with the byte offset where one can be named.
    """
    kind = sniff(data)
    if kind in _READERS:
        # Each takes milliseconds to load, and one is needed.
        found: tuple[Activity, ...] = import_module(f"kneedrive.readers.{kind}").read(data, name, identity(data))
        return found
    if not data:
        raise UnknownFormat("is empty", name=name)
    raise UnknownFormat("is not a FIT, GPX or TCX file; export it again, or leave it out", offset=0, name=name)
