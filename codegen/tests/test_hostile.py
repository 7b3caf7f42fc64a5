"""A spec is data: whatever it says, what is generated is inert and means the same."""

import ast
import json
from collections.abc import Callable
from typing import Any

import pytest
from polycast_codegen.document import SpecFile, load
from polycast_codegen.errors import SpecError

EVIL = [
    '"; raise SystemExit("owned") #',
    "'; raise SystemExit('owned') #",
    '"""\nraise SystemExit("owned")\n"""',
    "'''\nraise SystemExit('owned')\n'''",
    "\\",
    '\\"""; raise SystemExit("owned")',
    'ends with a quotation mark"',
    "a\nraise SystemExit('owned')\n",
    "a\r\nraise SystemExit('owned')\r\n",
    "a\u2028raise SystemExit('owned')\u2029\x85\x0b\x0c",
    "{raise_} {{ 7*7 }} {% raise %} %s {0}",
    "\x00\x07\u202e\ufeff\U000e0001",
    "\ud800 \U0001f600 \u0438\u043c\u044f",
    "\\N{BULLET} \\x41 \\u0041",
    "# type: ignore # noqa # fmt: off",
    "import _imports_here",
    "\nimport _imports_here\n",
]


INVISIBLE = set("\x00\x07\u202e\ufeff\u2028\u2029\x85\x0b\x0c\U000e0001")


def evil_document(spec: Callable[..., dict[str, Any]], evil: str) -> dict[str, Any]:
    """Return a document that says the evil thing wherever it can say anything."""
    thing = {
        "type": "object",
        "title": "Thing",
        "description": evil,
        "required": ["kind"],
        "properties": {
            "kind": {"enum": [evil, "plain"], "description": evil},
            evil + "a": {"type": "string", "default": evil, "pattern": evil},
            "open": {"type": "string", "x-known-values": [evil], "title": evil},
        },
        "additionalProperties": {"type": "string", "description": evil},
    }
    element = {
        "type": "object",
        "description": evil,
        "xml": {"name": evil},
        "properties": {
            "tag": {"type": "string", "xml": {"name": evil}},
            "attribute": {"type": "string", "xml": {"name": evil, "attribute": True}},
            "list": {
                "type": "array",
                "items": {"type": "string", "xml": {"name": evil}},
                "xml": {"name": f"w{evil}", "wrapped": True},
            },
        },
    }
    path = "/a" + evil.translate({ord("{"): None, ord("}"): None})
    return spec(
        {"Thing": thing, "Element": element},
        {
            path: {
                "description": evil,
                "post": {
                    "operationId": f"call{evil}",
                    "summary": evil,
                    "description": evil,
                    "parameters": [
                        {
                            "name": f"q{evil}",
                            "in": "query",
                            "description": evil,
                            "schema": {"type": "string", "default": evil},
                        },
                        {
                            "name": f"h{evil}",
                            "in": "query",
                            "schema": {"enum": [evil]},
                            "x-auth-supplied": True,
                        },
                    ],
                    "requestBody": {
                        "required": True,
                        "description": evil,
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    },
                    "responses": {
                        "200": {
                            "description": evil,
                            "content": {
                                "application/xml": {
                                    "schema": {"$ref": "#/components/schemas/Element"}
                                }
                            },
                        }
                    },
                },
            }
        },
        info={"title": evil, "version": evil, "description": evil},
        servers=[
            {
                "url": "https://{host}/" + evil.translate({ord("{"): None, ord("}"): None}),
                "variables": {"host": {"default": evil, "description": evil}},
            }
        ],
        security=[{evil: []}],
        components={
            "securitySchemes": {
                evil: {"type": "apiKey", "in": "header", "name": evil, "x-prefix": evil}
            }
        },
    )


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_words_stay_words(
    evil: str, spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Quotes, code, line ends and invisible characters anywhere in a spec are only data."""
    document = evil_document(spec, evil)
    built = build(document)
    for path in built.folder.glob("*.py"):
        _check_inert(ast.parse(path.read_bytes()))
        assert not set(path.read_text()) & INVISIBLE
    assert built.client.Client.SERVERS["default"] == document["servers"][0]["url"]
    assert built.client.Client.VARIABLES["host"] == evil
    (scheme,) = built.client.Client.SECURITY.values()
    assert (scheme.name, scheme.prefix) == (evil, evil)
    args, kwargs = built.calls(*_call(built), body := object())
    assert args[2] == next(iter(document["paths"]))
    assert kwargs["body"] == ("json", body)
    assert list(kwargs["query"]) == [f"q{evil}"]
    assert kwargs["supplied"] == (f"h{evil}",)


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_names_travel_as_they_are(
    evil: str, spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """A hostile property, value or tag is read and written under exactly its own name."""
    built = build(evil_document(spec, evil))
    data = {"kind": evil, f"{evil}a": "x", "open": "y", "more": "z"}
    assert built.write(built.read("Thing", data)) == data
    tree = {evil: {evil: "text", f"@{evil}": "attribute", f"w{evil}": {evil: ["one", "two"]}}}
    element = built.read("Element", tree, "xml")
    assert (element.tag, element.attribute, element.list_) == ("text", "attribute", ["one", "two"])


def _call(built: Any) -> list[str]:
    return [name for name in vars(built.client.Client) if name.startswith("call")]


def _check_inert(tree: ast.Module) -> None:
    """Check that a generated module only imports, defines and assigns what the generator means."""
    for node in tree.body:
        assert isinstance(
            node,
            ast.Import
            | ast.ImportFrom
            | ast.ClassDef
            | ast.FunctionDef
            | ast.Assign
            | ast.AnnAssign
            | ast.Expr,
        )
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant)
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Name | ast.Attribute):
            name = inner.id if isinstance(inner, ast.Name) else inner.attr
            assert name not in ("SystemExit", "owned")


def test_a_hostile_file_name_is_refused(spec: Callable[..., dict[str, Any]], tmp_path: Any) -> None:
    """A spec's file name stands in a comment, so one with a line end in it is refused."""
    from polycast_codegen.cli import main

    path = tmp_path / "acme\nimport os\n.json"
    path.write_text(json.dumps(spec({"Thing": {"type": "object"}})))
    assert main(["generate", str(path), str(tmp_path / "_client")]) == 2
    assert not (tmp_path / "_client").exists()


BOMBS: dict[str, str] = {
    "lists": "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)),
    "merged": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)),
    "itself": "a: &a [*a]\n",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_aliases_that_multiply_are_refused(bomb: str) -> None:
    """A few hundred characters cannot fill the memory: the file is refused by its name."""
    with pytest.raises(SpecError, match=r"bomb\.yaml (says by its aliases|.*holds itself)"):
        load(SpecFile("bomb.yaml", f"openapi: 3.1.0\n{bomb}".encode()))


def test_aliases_in_measure_are_read() -> None:
    """An anchor that many places refer to is how specs avoid repetition."""
    rows = "".join(f"  - *row{n}\n  - &row{n + 1} {{a: [{n}, *row{n}]}}\n" for n in range(10))
    read = load(SpecFile("fine.yaml", f"openapi: 3.1.0\nrows:\n  - &row0 x\n{rows}".encode()))
    assert len(read["rows"]) == 21
