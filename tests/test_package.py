"""The wheel: that it is built, holds what it needs, and works where nothing else of the project is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytest.importorskip("hatchling", reason="the build backend is not installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it is published; its classifiers are checked on the way."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = place.glob("kneedrive-*-py3-none-any.whl")
    return found


def test_the_demo_works_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", "--target", str(place))
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(place), "HOME": str(tmp_path), "NO_COLOR": "1"}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True
        )
        return done.stdout

    assert str(place) in run("-c", "import kneedrive; print(kneedrive.__file__)")
    assert len(run("-m", "kneedrive", "demo").split()) > 100
    run("-m", "kneedrive", "demo", "--html", "page.html")  # style and script are in it
    assert "Content-Security-Policy" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uvx") is None, reason="uv is not installed")
def test_the_demo_works_by_uvx(wheel: Path, tmp_path: Path) -> None:
    command = ["uvx", "--from", str(wheel), "kneedrive", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)

    assert len(done.stdout.split()) > 100
