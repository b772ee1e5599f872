"""Frozen, slotted, keyword-only values: what `dataclass(frozen=True, slots=True, kw_only=True)` gives, for less.

A dataclass compiles its methods from text when it is defined, 1 to 2 ms each. The forty types of an analysis would
cost a command more than numpy costs to load. Here all types share one set of methods and a definition costs about
20 microseconds (`python -m tests.benchmarks.start`). Only the names of the annotations are used.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform


class _ValueType(type):
    """Turns annotations into slots and class attributes into defaults."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _ValueType:
        inherited: dict[str, Any] = {}
        for base in bases:
            inherited |= getattr(base, "_defaults", {})
        own = tuple(field for field in namespace.get("__annotations__", ()) if not field.startswith("_"))
        defaults = inherited | {field: namespace.pop(field) for field in own if field in namespace}
        fields = tuple(field for base in bases for field in getattr(base, "_fields", ())) + own
        return super().__new__(
            mcls, name, bases, {**namespace, "__slots__": own, "_fields": fields, "_defaults": defaults}
        )


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(metaclass=_ValueType):
    """Base of all values. Define one in a module with `from __future__ import annotations`.

    Fields without a default are required; unknown ones are a TypeError. Values compare by type and fields.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, **given: Any) -> None:
        put = object.__setattr__
        for field in self._fields:
            if field in given:
                put(self, field, given.pop(field))
            elif field in self._defaults:
                put(self, field, self._defaults[field])
            else:
                message = f"{type(self).__name__} needs {field!r}"
                raise TypeError(message)
        if given:
            message = f"{type(self).__name__} has no {', '.join(map(repr, given))}"
            raise TypeError(message)

    def __setattr__(self, field: str, _value: object) -> None:
        message = f"{type(self).__name__} is frozen: cannot set {field!r}"
        raise AttributeError(message)

    def __delattr__(self, field: str) -> None:
        message = f"{type(self).__name__} is frozen: cannot delete {field!r}"
        raise AttributeError(message)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return as_dict(self) == as_dict(other)

    def __hash__(self) -> int:
        return hash((type(self), *as_dict(self).values()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{field}={value!r}" for field, value in as_dict(self).items())
        return f"{type(self).__name__}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), as_dict(self))

    def replace(self, **changes: Any) -> Self:
        """The same value with some fields changed."""
        return type(self)(**{**as_dict(self), **changes})


def as_dict(value: Value) -> dict[str, Any]:
    """The fields of a value by name, in order of definition; not recursive."""
    return {field: getattr(value, field) for field in value._fields}


def _rebuild(kind: type[Value], given: dict[str, Any]) -> Value:
    return kind(**given)
