"""The configuration: precedence, origins, and errors that name the key and the remedy."""

import os
import re
from pathlib import Path

import platformdirs
import platformdirs.macos
import platformdirs.windows
import pytest

from kneedrive.config import SETTINGS, Secret, config_folder, data_folder, load
from kneedrive.errors import ConfigError
from tests.conftest import ROOT


def write(folder: Path, text: str) -> dict[str, str]:
    """An environment whose configuration file holds this text."""
    place = folder / "kneedrive" / "config.toml"
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    return {"XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}


def test_without_anything_defaults_are_in_force(tmp_path: Path) -> None:
    config = load({"XDG_CONFIG_HOME": str(tmp_path)}, {})

    assert config["display.units"] == "km"
    assert set(config.origins.values()) == {"default"}


def test_the_store_follows_xdg(tmp_path: Path) -> None:
    config = load({"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}, {})

    assert config["paths.store"] == tmp_path / "kneedrive" / "kneedrive.sqlite"


def test_without_xdg_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    config = load({}, {})

    assert config["paths.store"] == tmp_path / ".local" / "share" / "kneedrive" / "kneedrive.sqlite"
    assert config.file == tmp_path / ".config" / "kneedrive" / "config.toml"


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    environment = write(tmp_path, "[runner]\nheight_m = 1.6\nmass_kg = 60\n[display]\nunits = 'miles'\n")
    environment |= {"KNEEDRIVE_HEIGHT_M": "1.7", "KNEEDRIVE_MASS_KG": "61"}

    config = load(environment, {"runner.height_m": "1.8"})

    assert (config["runner.height_m"], config["runner.mass_kg"], config["display.units"]) == (1.8, 61.0, "miles")
    assert config.origins["runner.height_m"] == "flag"
    assert config.origins["runner.mass_kg"] == "environment KNEEDRIVE_MASS_KG"
    assert config.origins["display.units"].endswith("config.toml")


FAMILY = """
[runner]
name = "ben"
height_m = 1.9
[runners.anna]
height_m = 1.7
"""


@pytest.mark.parametrize(
    ("text", "name", "height_m"),
    [
        (FAMILY, None, 1.9),
        (FAMILY, "ben", 1.9),
        (FAMILY, "anna", 1.7),
        (FAMILY, "carl", None),
        ("[runner]\nheight_m = 1.9\n", None, 1.9),
        ("[runner]\nheight_m = 1.9\n", "carl", None),
        ("[runner]\nheight_m = 1.9\n[runners.anna]\nmass_kg = 60\n", "anna", None),
        ("[runner]\nheight_m = 1.9\n[runners.anna]\nmass_kg = 60\n", None, 1.9),
    ],
)
def test_nobody_is_given_the_height_of_another(
    tmp_path: Path, text: str, name: str | None, height_m: float | None
) -> None:
    environment = write(tmp_path, text)

    assert load(environment, {"runner.name": name})["runner.height_m"] == height_m
    assert load(environment, {"runner.name": name, "runner.height_m": "1.5"})["runner.height_m"] == 1.5


def test_the_runners_of_a_file_are_known_by_name(tmp_path: Path) -> None:
    assert load(write(tmp_path, FAMILY), {}).runners == ("anna", "ben")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[runners]\nanna = 1.7\n", "runners are tables with a name, such as"),
        ("runners = 3\n", "runners are tables with a name, such as"),
        (f"[runners.{'a' * 61}]\n", r"NAME in .runners.NAME. needs a name of at most 60 plain letters, not 'aaa"),
        ("[runners.anna]\nheight = 1.7\n", "has an unknown key runners.anna.height: there are birth_year, dynamics"),
        ("[runner]\nheigth_m = 1.7", r"unknown key runner.heigth_m: did you mean runner.height_m\?"),
        ("[nonsense]\nkey = 1", r"unknown key nonsense.key: see config.example.toml"),
        ("[runner]\nheight_m = 178", r"runner.height_m .* needs a number from 1 to 2.3 \(metres\), not 178"),
        ("[runner]\nheight_m = true", r"runner.height_m .* needs a number from 1 to 2.3"),
        ("[runner]\nmass_kg = 'heavy'", r"runner.mass_kg .* needs a number in kilograms, not 'heavy'"),
        ("[display]\nunits = 'furlongs'", r'display.units .* needs "km" or "miles", not \'furlongs\''),
        ("[display]\nzone = 'Mars/Base'", r"display.zone .* needs a time zone name"),
        ("[runner]\nname = 3", r"runner.name .* needs a text in quotes, not 3"),
        ("[sources.folder]\npaths = 3", r"sources.folder.paths .* needs a list of paths"),
        ("[paths]\nstore = ''", r"paths.store .* needs a path in quotes"),
        ("this is no toml", r"cannot be read as TOML"),
        (f"[runner]\nheight_m = {'9' * 5000}", r"cannot be read as TOML"),
        (f"[runner]\nheight_m = {'[' * 5000}", r"cannot be read as TOML: it is nested too deeply"),
        (f"[runner]\n{'a.' * 5000}b = 1", r"cannot be read as TOML: it is nested too deeply"),
        (f"[runner]\nheight_m = 1{'0' * 400}", r"runner.height_m .* needs a number in metres, not 1000"),
        ('[runner]\nname = "a\\u0000b"', r"runner.name .* needs a text of one line in UTF-8"),
        ('[paths]\nstore = "a\\u0000b"', r"paths.store .* needs a path in quotes"),
        ("[paths]\nstore = '~nobody-of-that-name/x'", r"paths.store .* needs a path whose home folder is known"),
        ("[sources.folder]\npaths = ['~nobody-of-that-name']", r"paths .* needs a path whose home folder is known"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        load(write(tmp_path, text), {})


@pytest.mark.parametrize("name", ["3", '["ben"]'])
def test_a_wrong_name_in_the_file_is_no_matter_where_another_is_given(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, f"[runner]\nname = {name}\n[runners.anna]\nheight_m = 1.7\n")

    assert load(file, {"runner.name": "anna"}).runners == ("anna",)


def test_a_wrong_environment_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"runner.height_m \(environment KNEEDRIVE_HEIGHT_M\) needs a number"):
        load({"XDG_CONFIG_HOME": str(tmp_path), "KNEEDRIVE_HEIGHT_M": "tall"}, {})


def test_a_file_asked_for_by_name_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load({}, {}, tmp_path / "none.toml")


def test_a_wrong_secret_stays_unsaid(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[sources.strava]\nclient_secret = 918273"), {})

    assert "918273" not in str(caught.value)


@pytest.mark.parametrize("key", ["hush\nhush", "hush\r\nx: y", "hush\udcff", "hüsh", "hu\0sh"])
def test_a_secret_that_no_header_can_hold_is_refused_and_stays_unsaid(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="holds characters that no key has") as caught:
        load({"XDG_CONFIG_HOME": str(tmp_path), "INTERVALS_ICU_API_KEY": key}, {})

    assert "INTERVALS_ICU_API_KEY" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_blanks_around_a_secret_do_not_belong_to_it(tmp_path: Path) -> None:
    """A key that was read from a file of Windows ends with a carriage return."""
    config = load({"XDG_CONFIG_HOME": str(tmp_path), "STRAVA_CLIENT_SECRET": " hush\r\n"}, {})

    assert config["sources.strava.client_secret"].reveal() == "hush"


def test_an_address_that_is_refused_stays_unsaid(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a text of one line") as caught:
        load({"XDG_CONFIG_HOME": str(tmp_path), "KNEEDRIVE_STRAVA_URL": "https://me:hush@x/\n"}, {})

    assert "hush" not in str(caught.value)


APPLICATIONS = ("Library", "Application Support", "kneedrive")


@pytest.fixture
def no_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and nothing that names others."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)


def on_windows(monkeypatch: pytest.MonkeyPatch, local: Path) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", platformdirs.windows.get_win_folder_from_env_vars)
    monkeypatch.setenv("LOCALAPPDATA", str(local))


def test_on_macos_everything_lies_where_applications_keep_theirs(no_xdg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_macos(monkeypatch)

    config = load({}, {})

    assert config.file == no_xdg.joinpath(*APPLICATIONS, "config.toml")
    assert config["paths.store"] == no_xdg.joinpath(*APPLICATIONS, "kneedrive.sqlite")


def test_on_windows_everything_lies_in_the_local_application_data(
    no_xdg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_windows(monkeypatch, no_xdg / "AppData" / "Local")

    config = load({}, {})

    assert config.file == no_xdg / "AppData" / "Local" / "kneedrive" / "config.toml"
    assert config["paths.store"] == no_xdg / "AppData" / "Local" / "kneedrive" / "kneedrive.sqlite"


def test_folders_that_are_there_or_named_are_used_on_every_platform(
    no_xdg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_macos(monkeypatch)
    (no_xdg / ".config" / "kneedrive").mkdir(parents=True)

    assert config_folder({}) == no_xdg / ".config" / "kneedrive"
    assert data_folder({}) == no_xdg.joinpath(*APPLICATIONS)
    assert data_folder({"XDG_DATA_HOME": "/there"}) == Path("/there/kneedrive")


def test_secrets_do_not_print(tmp_path: Path) -> None:
    config = load({"XDG_CONFIG_HOME": str(tmp_path), "STRAVA_CLIENT_SECRET": "hush"}, {})

    assert config["sources.strava.client_secret"].reveal() == "hush"
    assert "hush" not in repr(config)
    assert "hush" not in f"{Secret('hush')} {Secret('hush')!r}"


def test_the_example_names_every_setting_and_its_variable() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")

    for setting in SETTINGS:
        assert re.search(rf"^(# )?{setting.key.rsplit('.', 1)[1]} = ", text, flags=re.MULTILINE), setting.key
        assert setting.environment in text


def test_the_example_with_every_line_in_force_is_accepted(tmp_path: Path) -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    everything = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)

    config = load(write(tmp_path, everything), {})

    assert config["runner.height_m"] == 1.78
    assert len(config["sources.folder.paths"]) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{0}/mtp:host=1/Primary", ["{0}/mtp:host=1/Primary"]),  # is there
        ("{0}/mtp:host=2/Primary", ["{0}/mtp:host=2/Primary"]),  # unplugged: no path begins with "host"
        ("{0}/mtp:host=*/Primary", ["{0}/mtp:host=*/Primary"]),
        ("{0}/mtp:host=1/Primary:/b:~", ["{0}/mtp:host=1/Primary", "/b", "~"]),
        ("/a:{0}/mtp:host=2/Primary:/b", ["/a", "{0}/mtp:host=2/Primary", "/b"]),
        ("{0}/x:{0}/y", ["{0}/x", "{0}/y"]),
        ("/a::/b:", ["/a", "/b"]),
        ("", []),
    ],
)
@pytest.mark.skipif(os.pathsep != ":", reason="paths are separated by something else here")
def test_a_colon_separates_paths_only_where_paths_begin(tmp_path: Path, text: str, expected: list[str]) -> None:
    (tmp_path / "mtp:host=1" / "Primary").mkdir(parents=True)

    found = load({"KNEEDRIVE_FOLDERS": text.format(tmp_path), "HOME": str(tmp_path)}, {}).sources.folder.paths

    assert found == tuple(Path(each.format(tmp_path)).expanduser() for each in expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("ana=i1, bo = i2", ("ana=i1", "bo=i2")), ("ana=i1", ("ana=i1",)), ("a=b=c", ("a=b=c",))]
)
def test_a_coachs_runners_are_read_from_a_text(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    settings = load({"KNEEDRIVE_INTERVALS_ATHLETES": text, "HOME": str(tmp_path)}, {})

    assert settings.sources.intervals.athletes == expected


@pytest.mark.parametrize("text", ["ana", "=i1", "ana=", "ana=i1,bo"])
def test_a_runner_without_an_id_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="ana=i12345"):
        load({"KNEEDRIVE_INTERVALS_ATHLETES": text, "HOME": str(tmp_path)}, {})


def test_two_athletes_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"athletes .* names 'ana' twice"):
        load({"KNEEDRIVE_INTERVALS_ATHLETES": "ana=i1,bo=i2,ana=i3", "HOME": str(tmp_path)}, {})


@pytest.mark.parametrize(("text", "expected"), [("yes", True), ("0", False), ("False", False)])
def test_a_switch_is_read_from_a_text(tmp_path: Path, text: str, expected: bool) -> None:
    assert load({"KNEEDRIVE_WATCH": text, "HOME": str(tmp_path)}, {}).sources.folder.watch is expected
