"""A command at a terminal of its own, whose screen is read and whose questions are answered."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import time

from tests.conftest import ROOT
from tests.sync.household import Household, command

PATIENCE_S = 20.0


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, home: Household, *arguments: str) -> None:
        self.screen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # what is read may end within a letter
        self.process, self._master = pty.fork()
        if self.process == 0:
            os.chdir(ROOT)
            os.execvpe(command()[0], command(*arguments), home.environment)

    def until(self, pattern: str) -> re.Match[str]:
        """What the screen shows up to and with this."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.screen)):
            assert time.monotonic() < deadline, self.screen
            if not select.select([self._master], [], [], 1.0)[0]:
                continue
            try:
                self.screen += self._decoder.decode(os.read(self._master, 4096))
            except OSError:  # the other side is gone
                assert re.search(pattern, self.screen), self.screen
        return found

    def type(self, text: str) -> None:
        os.write(self._master, (text + "\n").encode())

    def ended(self) -> int:
        """The exit code; the rest of the screen is read on the way."""
        try:
            while more := os.read(self._master, 4096):
                self.screen += self._decoder.decode(more)
        except OSError:
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        os.close(self._master)
        return code
