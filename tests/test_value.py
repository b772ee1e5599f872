"""Values are frozen, keyword-only, comparable and picklable, as dataclasses would be."""

from __future__ import annotations

import copy
import pickle

import pytest

from kneedrive.value import Value, as_dict


class Point(Value):
    """Two fields, one with a default."""

    x: float
    y: float = 2.0


class Named(Point):
    """Inherits both and adds one."""

    name: str = "origin"


def test_defaults_fill_what_is_not_given() -> None:
    assert as_dict(Point(x=1.0)) == {"x": 1.0, "y": 2.0}


def test_a_missing_field_is_named() -> None:
    with pytest.raises(TypeError, match="Point needs 'x'"):
        Point()  # type: ignore[call-arg]


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(TypeError, match="Point has no 'z'"):
        Point(x=1.0, z=3.0)  # type: ignore[call-arg]


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="frozen: cannot set 'x'"):
        Point(x=1.0).x = 3.0  # type: ignore[misc]


def test_a_value_cannot_lose_a_field() -> None:
    with pytest.raises(AttributeError, match="frozen: cannot delete 'x'"):
        del Point(x=1.0).x


def test_a_value_has_no_place_for_more() -> None:
    assert not hasattr(Point(x=1.0), "__dict__")


def test_replace_changes_one_field_of_a_copy() -> None:
    before = Named(x=1.0, name="a")

    after = before.replace(x=5.0)

    assert (before.x, after.x, after.name) == (1.0, 5.0, "a")


def test_equal_fields_of_one_type_are_equal() -> None:
    assert Point(x=1.0) == Point(x=1.0, y=2.0)
    assert hash(Point(x=1.0)) == hash(Point(x=1.0, y=2.0))


def test_other_fields_or_types_are_not_equal() -> None:
    assert Point(x=1.0) != Point(x=2.0)
    assert Point(x=1.0) != Named(x=1.0)


def test_repr_reads_like_the_call() -> None:
    assert repr(Named(x=1.0)) == "Named(x=1.0, y=2.0, name='origin')"


@pytest.mark.parametrize("through", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_is_equal(through) -> None:  # type: ignore[no-untyped-def]
    assert through(Named(x=1.0, name="b")) == Named(x=1.0, name="b")
