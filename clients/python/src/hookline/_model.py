"""The base of answers, and how JSON becomes one."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hookline.errors import HooklineError

T = TypeVar("T")
Decode = Callable[[Any], Any]


@dataclass(frozen=True)
class Response:
    """What the headers of an answer said."""

    status: int
    request_id: str | None = None
    etag: str | None = None
    replayed: bool = False
    remaining: int | None = None


class Model:
    """An answer. `response` is set on what a request answered, not on its parts."""

    response: Response | None = None


class Kind(Generic[T]):
    """A type of answer at run time: a model, several of them, or a sequence of one."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape

    def decode(self, value: Any) -> T:
        """Members that the type does not know are ignored: the API grows.

        Raises HooklineError for what does not have the members of the type.
        """
        try:
            decoded: T = _decoder(self._shape)(value)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise HooklineError(f"This is not the answer that was expected: {error!r}") from error
        return decoded


@cache
def _decoder(shape: Any) -> Decode:
    origin, arguments = get_origin(shape), get_args(shape)
    if isinstance(shape, type) and issubclass(shape, Model):
        return _model_decoder(shape)
    if shape is datetime:
        return datetime.fromisoformat
    if origin is list:
        each = _decoder(arguments[0])
        return lambda value: [each(one) for one in value]
    if origin is tuple:
        return tuple
    if origin in (Union, UnionType):
        return _union_decoder(arguments)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _union_decoder(shapes: tuple[Any, ...]) -> Decode:
    models = [one for one in shapes if isinstance(one, type) and issubclass(one, Model)]
    if len(models) > 1:
        return _choice_decoder(models)
    [first, *others] = [one for one in shapes if one is not NoneType]
    each = _as_it_is if others else _decoder(first)
    return lambda value: None if value is None else each(value)


def _choice_decoder(models: list[Any]) -> Decode:
    """The model whose literal members, such as `channel`, have the values that came."""
    literals = {
        model: {
            name: get_args(hint)
            for name, hint in get_type_hints(model).items()
            if get_origin(hint) is Literal and len(get_args(hint)) == 1
        }
        for model in models
    }

    def decode(value: Mapping[str, Any]) -> Any:
        for model, wanted in literals.items():
            if all(value.get(name) in allowed for name, allowed in wanted.items()):
                return _decoder(model)(value)
        return _decoder(models[0])(value)

    return decode


def _model_decoder(model: type[Model]) -> Decode:
    hints = get_type_hints(model)
    members: list[tuple[str, Decode, bool]] = []

    def decode(value: Mapping[str, Any]) -> Any:
        if not members:  # late, because a model can hold another of its own kind
            members.extend(
                (field.name, _decoder(hints[field.name]), field.default is MISSING)
                for field in fields(model)  # type: ignore[arg-type]
            )
        return model(
            **{
                name: convert(value[name])
                for name, convert, required in members
                if required or name in value
            }
        )

    return decode
