"""URL rules, compiled once per run instead of once per app, which takes longer than most tests."""

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]

compile_builder = Rule._compile_builder


def compile_once() -> None:
    """A builder is made of these alone; Werkzeug binds it to its rule."""
    built: dict[object, Builder] = {}

    def kept(rule: Rule, append_unknown: bool = True) -> Builder:
        defaults = tuple((rule.defaults or {}).items())
        key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
        if key not in built:
            built[key] = compile_builder(rule, append_unknown)
        return built[key]

    Rule._compile_builder = kept  # type: ignore[assignment,method-assign]
