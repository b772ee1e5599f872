"""Where recordings lie: files, folders, gzip, zip, zip in zip, and exports as they come. Bytes out, nothing written.

    walk(paths)            every recording under these paths, one at a time, and what was skipped and why
    unwrap(data, name)     the recordings inside the bytes of one file, of standard input or of a download

What a thing is, its bytes say and not its name. Archives are bounded (Limits): in members, in depth, in bytes and in
how far they may unfold. No path from an archive is ever used as a path. E-mail addresses in names are masked.
"""

from kneedrive.archives.found import Found
from kneedrive.archives.layouts import SKIPPED
from kneedrive.archives.limits import Limits
from kneedrive.archives.walking import unwrap, walk

__all__ = ["SKIPPED", "Found", "Limits", "unwrap", "walk"]
