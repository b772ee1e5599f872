"""The configuration from the command line: where values come from, and what is said of wrong ones."""

from pathlib import Path

import pytest

from tests.cli.calling import RUN, Capture, here


def written(folder: Path, text: str) -> Path:
    """A configuration file at its usual place."""
    place = folder / "config" / "kneedrive" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[runner]\nheight_m = 178\n", "runner.height_m"),
        ('[runner]\nmass_kg = "heavy"\n', "runner.mass_kg"),
        ('[display]\nunits = "furlongs"\n', "display.units"),
        ('[display]\nunit = "km"\n', "did you mean display.units?"),
        ('[display]\nzone = "Mars/Olympus"\n', "display.zone"),
        ("[runner\n", "cannot be read as TOML"),
    ],
)
@pytest.mark.parametrize("command", [("analyze", RUN), ("config", "show")], ids=["analyze", "config show"])
def test_a_wrong_value_ends_with_2_and_names_the_key(
    command: tuple[str | Path, ...], text: str, key: str, tmp_path: Path, capsys: Capture
) -> None:
    place = written(tmp_path, text)
    said = here(capsys, *command)

    assert (said.code, said.out) == (2, "")
    assert key in said.err
    assert str(place) in said.err
    assert said.err.count("\n") == 1 or key == "cannot be read as TOML"


@pytest.mark.parametrize("text", ["[runner\n", "[runner]\nheight_m = 178\n", "\0"])
def test_the_place_of_a_file_that_has_to_be_mended_is_told(text: str, tmp_path: Path, capsys: Capture) -> None:
    place = written(tmp_path, text)
    named = tmp_path / "none.toml"

    assert here(capsys, "config", "path") == (0, f"{place}\n", "")
    assert here(capsys, "config", "path", "--config", named) == (0, f"{named}\n", "")


def test_a_wrong_value_is_an_object_for_programs(tmp_path: Path, capsys: Capture) -> None:
    written(tmp_path, "[runner]\nheight_m = 178\n")
    said = here(capsys, "analyze", RUN, "--json")

    assert said.code == 2
    assert said.objects[0]["error"]["code"] == "config"


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    said = here(capsys, "analyze", RUN, "--config", tmp_path / "none.toml")

    assert said.code == 2
    assert "none.toml does not exist" in said.err


@pytest.mark.parametrize(
    ("variable", "flag", "height"),
    [(None, (), 1.9), ("1.8", (), 1.8), ("1.8", ("--height", "1.7"), 1.7)],
    ids=["file", "environment", "flag"],
)
def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    variable: str | None,
    flag: tuple[str, ...],
    height: float,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(tmp_path, "[runner]\nheight_m = 1.9\n")
    if variable:
        monkeypatch.setenv("KNEEDRIVE_HEIGHT_M", variable)
    found = here(capsys, "analyze", RUN, "--json", *flag).objects
    monkeypatch.setenv("KNEEDRIVE_HEIGHT_M", str(height))

    assert found == here(capsys, "analyze", RUN, "--json").objects


def test_config_show_names_origins_and_hides_secrets(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(tmp_path, '[display]\nunits = "miles"\n[sources.strava]\nclient_secret = "hush-hush"\n')
    monkeypatch.setenv("KNEEDRIVE_MASS_KG", "70")
    monkeypatch.setenv("COLUMNS", str(300 + len(str(place))))  # wide enough for any path
    rows = {line.split()[0]: line for line in here(capsys, "config", "show").out.splitlines()}

    assert rows["display.units"].endswith(str(place))
    assert rows["runner.mass_kg"].endswith("environment KNEEDRIVE_MASS_KG")
    assert rows["runner.height_m"].endswith("default")
    assert "hidden" in rows["sources.strava.client_secret"]
    assert "hush" not in "".join(rows.values())


def test_config_show_keeps_within_the_width_where_paths_allow(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_STORE", "/store/of/some/length/that/is/not/too/long.sqlite")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = here(capsys, "config", "show").out.splitlines()
    monkeypatch.setenv("COLUMNS", "200")
    wide = here(capsys, "config", "show").out.splitlines()

    assert max(map(len, narrow)) <= 80
    assert narrow[narrow.index("                              (environment KNEEDRIVE_STORE)") - 1].startswith(
        "paths.store "
    )
    assert len(wide) < len(narrow)
    assert any(line.startswith("paths.store ") and line.endswith("environment KNEEDRIVE_STORE") for line in wide)


def test_config_path_says_where_it_looks(tmp_path: Path, capsys: Capture) -> None:
    assert here(capsys, "config", "path").out == f"{tmp_path / 'config' / 'kneedrive' / 'config.toml'}\n"
