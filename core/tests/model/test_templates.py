"""Templates: what is a placeholder, what is a literal brace, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Template, UsageError


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("Dear {name}!", "Dear Olena!"),
        ("{name}{name}", "OlenaOlena"),
        ("no placeholders", "no placeholders"),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{Olena}"),
        ("100 % {{", "100 % {"),
        ("", ""),
        ("{ім_я2}", "Олена"),
    ],
)
def test_placeholders_are_filled_and_doubled_braces_are_braces(text: str, rendered: str) -> None:
    """
    `{name}` is a variable, `{{` and `}}` are literal braces.
    """
    assert rendered == Template.parse(text).render({"name": "Olena", "ім_я2": "Олена"})


@pytest.mark.parametrize(
    "text", ["{", "}", "a { b", "{name", "name}", "{}", "{0}", "{a b}", "{a.b}", "{a!r}", "{a:>9}"]
)
def test_what_could_be_meant_two_ways_is_refused(text: str) -> None:
    """
    A single brace, or a placeholder that is not a name, is an error that shows the place.
    """
    with pytest.raises(UsageError, match="at character"):
        Template.parse(text)


def test_missing_variables_are_named() -> None:
    """
    Every variable that is lacking is in the error, once.
    """
    with pytest.raises(UsageError, match=r"needs \{a\}, \{c\}"):
        Template.parse("{a}{b}{c}{a}").render({"b": ""})


def test_a_value_is_escaped_where_the_provider_needs_it() -> None:
    """
    The escape is given each value with the text before it; the author's text stays as it is.
    """
    seen = []

    def escape(value: str, before: str) -> str:
        seen.append((value, before))
        return f"<{value}>"

    template = Template.parse("Dear {a}, {{{b}}}!", escape)
    assert template.render({"a": "A", "b": "B"}) == "Dear <A>, {<B>}!"
    assert seen == [("A", "Dear "), ("B", "Dear <A>, {")]


@given(st.text(), st.text())
def test_any_text_can_be_said_literally(text: str, value: str) -> None:
    """
    Doubling the braces of any text makes a template of exactly that text, and values are
    never read as templates themselves.
    """
    literal = text.replace("{", "{{").replace("}", "}}")

    assert text + value == Template.parse(literal + "{x}").render({"x": value})


@given(st.text(alphabet="{}ab0 ", max_size=12))
def test_parsing_never_breaks(text: str) -> None:
    """
    Whatever is typed is a template or a usage error.
    """
    try:
        template = Template.parse(text)
    except UsageError:
        return
    assert template.translate(lambda name: "{" + name + "}", _double) == text


def _double(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")
