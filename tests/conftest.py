"""What all tests share: where the real files are, and the golden files' update switch."""

import atexit
import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.surroundings import Quick, settle

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("KNEEDRIVE_DATA", ROOT.parent / "shared" / "data"))
FIXTURES = ROOT / "fixtures"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real recordings is not on this machine")


_HOME = tempfile.TemporaryDirectory(prefix="kneedrive-home-")
atexit.register(_HOME.cleanup)
settle(Path(_HOME.name))

# The same generated input everywhere, whatever ran before, and no time limit that a busy machine would break.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")

# Whatever runs the tests in the background may have had Ctrl-C ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def real_files(*patterns: str) -> list[Path]:
    """The real files that match, sorted; an empty list where the folder is missing."""
    return sorted(path for pattern in patterns for path in DATA.glob(pattern))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes what the code says now; read the difference before you commit it."""
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files with the present output")
    parser.addoption("--quick", action="store_true", help="pure functions only: no process, server, store or real file")


def pytest_configure(config: pytest.Config) -> None:
    """What `--quick` leaves out on top of `-m "not slow"`."""
    if config.getoption("--quick"):
        config.pluginmanager.register(Quick(DATA))


class Golden:
    """Compares text with a stored file, or writes it when asked to."""

    def __init__(self, folder: Path, *, update: bool) -> None:
        self.folder = folder
        self.update = update

    def check(self, name: str, text: str) -> None:
        """Assert that `text` is what golden file `name` holds."""
        path = self.folder / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: run pytest --update-golden once and read it"
        assert path.read_text(encoding="utf-8") == text


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Golden files in the folder `golden` beside the test module."""
    return Golden(Path(request.path).parent / "golden", update=request.config.getoption("--update-golden"))
