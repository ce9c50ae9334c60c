"""What a typed value may be, in words for an error message."""

import msgspec
from msgspec.inspect import BoolType, FloatType, IntType, LiteralType, StructType, UnionType


def choices_of(struct: type[msgspec.Struct], name: str) -> str:
    """What the field of that name accepts, such as `a whole number from 1 to 65535`."""
    inspected = msgspec.inspect.type_info(struct)
    assert isinstance(inspected, StructType)
    [kind] = (field.type for field in inspected.fields if field.name == name)
    return _words(kind)


def _words(kind: msgspec.inspect.Type) -> str:
    match kind:
        case UnionType():
            return _words(kind.types[0])
        case BoolType():
            return "1 or 0"
        case LiteralType():
            return "one of " + ", ".join(map(str, kind.values))
        case IntType(ge=least, le=None):
            return f"a whole number of at least {least}"
        case IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case FloatType(le=most):
            return f"a number above 0, at most {most:g}"
    raise TypeError(kind)
