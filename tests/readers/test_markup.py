"""Text from bytes of any encoding, and the walk that nothing can blow up."""

import pytest

from kneedrive.errors import Malformed, ReadError
from kneedrive.readers import tracks

ROWS = '<a><b x="1">é ✓</b></a>'


class Recorder(tracks.Document):
    """Writes down what a walk calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[object, ...]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.calls.append(("start", name, attributes))

    def end(self, name: str, text: str) -> None:
        self.calls.append(("end", name, text))


def walked(text: str) -> list[tuple[object, ...]]:
    recorder = Recorder()
    tracks.walk(text, recorder)
    return recorder.calls


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        b"\xef\xbb\xbf" + ROWS.encode(),
        b"  \r\n\t" + ROWS.encode(),
        b"\0\0" + ROWS.encode(),
        b'<?xml version="1.0"?>' + ROWS.encode(),
        b'\n<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n' + ROWS.encode(),
        b'<?xml version="1.0" encoding="no-such-thing"?>' + ROWS.encode(),
        b'<?xml version="1.0" encoding="UTF-16"?>' + ROWS.encode(),
        ("\ufeff" + ROWS).encode("utf-16-le"),
        ("\ufeff" + ROWS).encode("utf-16-be"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + ROWS).encode("utf-16-le"),
        ('<?xml version="1.0" encoding="UTF-16"?>' + ROWS).encode("utf-16-be"),
    ],
    ids=[
        "plain",
        "mark",
        "blanks",
        "zeros",
        "declaration",
        "blanks and declaration",
        "unknown encoding",
        "false encoding",
        "utf-16-le with mark",
        "utf-16-be with mark",
        "utf-16-le",
        "utf-16-be",
    ],
)
def test_text_is_the_same_in_every_wrapping(data: bytes) -> None:
    assert tracks.decoded(data).strip() == ROWS


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "ISO-8859-15"])
def test_declared_single_byte_encodings_are_followed(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'.encode(encoding)

    assert tracks.decoded(data) == "<a>é</a>"


def test_more_bytes_than_a_run_can_have_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "MAX_BYTES", 10)

    with pytest.raises(ReadError, match=r"^has 11 bytes of XML; kneedrive reads up to 10$"):
        tracks.decoded(bytes(11))


def test_a_walk_calls_names_without_prefix_and_text_without_blanks() -> None:
    recorder = Recorder()

    tracks.walk('<q:A><B c="1"> t<!-- no -->u </B>&lt;</q:A>', recorder)

    assert recorder.calls == [
        ("start", "a", {}),
        ("start", "b", {"c": "1"}),
        ("end", "b", "tu"),
        ("end", "a", "<"),
    ]


HOSTILE = {
    "document type": ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "document type"),
    "entity": ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "document type"),
    "external entity": ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>', "document type"),
    "parameter entity": ('<!DOCTYPE a [<!ENTITY % e SYSTEM "file:///x">%e;]><a/>', "document type"),
    "depth": ("<a>" * 65 + "</a>" * 65, "deeper than 64"),
    "undeclared entity": ("<a>&e;</a>", "not well-formed"),
    "cut": ("<a><b>", "not well-formed"),
    "empty": ("", "not well-formed"),
    "endless tag": ("<a " + "b='1' " * 20_000 + "/>", "tag without an end"),
    "two roots": ("<a/><a/>", "not well-formed"),
}


@pytest.mark.parametrize(("text", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_and_broken_documents_are_refused_with_their_place(text: str, says: str) -> None:
    with pytest.raises(Malformed, match=says) as caught:
        tracks.walk(text, Recorder())

    assert caught.value.offset is not None


@pytest.mark.parametrize("mark", ["<!-- {} -->", "<![CDATA[{}]]>", "<?remark {}?>"])
def test_long_remarks_are_no_tags_without_an_end(mark: str) -> None:
    assert [call[:2] for call in walked(f"<a>{mark.format('x' * 70_000)}</a>")] == [("start", "a"), ("end", "a")]


def test_sixty_four_levels_are_allowed() -> None:
    assert len(walked("<a>" * 64 + "</a>" * 64)) == 2 * 64


def test_more_elements_than_a_run_can_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "MAX_ELEMENTS", 5)

    assert len(walked("<a><b/><b/><b/><b/></a>")) == 2 * 5
    with pytest.raises(Malformed, match="more than 5 elements"):
        walked("<a><b/><b/><b/><b/><b/></a>")


@pytest.mark.parametrize(
    ("tag", "name"), [("{urn:x}Cad", "cad"), ("ns3:TPX", "tpx"), ("Speed", "speed"), ("{urn:a:b}q", "q")]
)
def test_a_local_name_has_no_prefix_and_no_capitals(tag: str, name: str) -> None:
    assert tracks.local(tag) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" 2 ", 2.0),
        ("-3e2", -300.0),
        ("", None),
        ("x", None),
        ("inf", None),
        ("1e300", None),
        ("1e-320", 0.0),
        ("-1e-13", 0.0),
        ("1e-11", 1e-11),
    ],
)
def test_a_number_is_finite_or_missing(text: str, value: float | None) -> None:
    found = tracks.number(text)

    assert found == value or (value is None and found != found)
