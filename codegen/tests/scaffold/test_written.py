"""A package is complete as it is written, and says aloud what only its author can know."""

from collections.abc import Mapping

import pytest
from polycast_codegen.cli import main

from .conftest import Written

#: What fails until its author has filled it in, besides the contract and the words for states.
UNFILLED = {
    "test_a_message_leaves_as_it_is_documented": "request.to_{body}: what goes into m.{kind}",
    "test_an_answer_becomes_a_receipt": "request.to_{body}: what goes into m.{kind}",
    "test_an_answer_becomes_a_status": "response.to_status: where the answer tells the state",
}
MEMORY = {
    "larkspur": ["send_text", "get_text_status"],
    "harrow": ["submit_sms", "query_sms"],
    "fresh": ["send_message", "get_message"],
}
BODIES = {"larkspur": "Text", "harrow": "Order", "fresh": "NewMessage"}
WORDS = {
    "larkspur": ["0", "1", "2", "9"],
    "harrow": ["ACCEPTED", "SENT", "ARRIVED", "LOST"],
    "fresh": ["queued", "sent", "delivered", "failed"],
}
SENTENCES = ("Not filled in yet: ", "NotImplementedError: Fill in polycast_")


@pytest.fixture(scope="session")
def outcome(written: Written) -> Mapping[str, str]:
    """What the package's own tests say, run once."""
    return written.test()


def test_types_hold(written: Written) -> None:
    """The package is typed strictly as it stands, its tests included."""
    done = written.run("mypy", "--strict", "--cache-dir", str(written.cache))

    assert done.returncode == 0, done.stdout


def test_it_is_tidy(written: Written) -> None:
    """The linter that the package configures finds nothing, and nothing to format."""
    checked = written.run("ruff", "check", "--no-cache")
    formatted = written.run("ruff", "format", "--check", "--no-cache")

    assert checked.returncode == 0, checked.stdout
    assert formatted.returncode == 0, formatted.stdout


def test_every_failure_says_what_to_fill_in(written: Written, outcome: Mapping[str, str]) -> None:
    """No test fails by accident: each names the place, and what its author has to know."""
    failed = {name: said for name, said in outcome.items() if said not in ("", "skipped")}

    assert len(failed) > 20
    assert not [name for name, said in failed.items() if not any(s in said for s in SENTENCES)]
    assert not [name for name, said in failed.items() if said.startswith("error")]


def test_exactly_what_needs_the_author_fails(written: Written, outcome: Mapping[str, str]) -> None:
    """The mapping and its words fail; what follows from the spec passes."""
    kind = BODIES[written.name]
    body = kind[0].lower() + "".join(f"_{c.lower()}" if c.isupper() else c for c in kind[1:])

    for name, sentence in UNFILLED.items():
        assert sentence.format(kind=kind, body=body) in outcome[name]
    for word in WORDS[written.name]:
        said = outcome[f"test_a_word_for_a_state_has_a_meaning[{word}]"]
        assert f"Not filled in yet: response.STATES: what {word!r} means" in said or (
            f"Not filled in yet: response.STATES: what {word} means" in said
        )
    assert (
        f"Not filled in yet: vocabulary: {written.name.capitalize()}'s words for states"
        in (outcome["test_documented_words_mean_what_the_documents_say"])
    )
    assert (
        "Not filled in yet: refusals: " in (outcome["test_documented_refusals_become_their_errors"])
    )
    for name in (
        "test_a_word_of_no_document_is_unknown",
        "test_credentials_are_asked_for",
        "test_claims_and_hooks_agree",
        "test_what_is_not_claimed_is_refused_before_any_request",
        "test_a_text_is_asked_for_where_it_must_be_there",
    ):
        assert outcome[name] == "", name


def test_the_sandbox_answers_what_the_spec_shows(
    written: Written, outcome: Mapping[str, str]
) -> None:
    """Every operation with an answer is answered, and the generated client reads it."""
    shown = {name: said for name, said in outcome.items() if name.startswith("test_what_the_spec")}

    assert len(shown) == {"larkspur": 3, "harrow": 2, "fresh": 2}[written.name]
    assert set(shown.values()) == {""}


def test_the_client_is_what_the_spec_gives(written: Written) -> None:
    """The spec lies at the package's top, and the client beside it is up to date."""
    [spec] = written.folder.glob(f"{written.name}.*")

    assert main(["check", str(spec), str(written.source / "_client")]) == 0


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        (
            "larkspur",
            ["app: Secret", "login: str", "password: Secret", "tenant: str", 'region: str = "eu"'],
        ),
        ("harrow", ["api_key: Secret"]),
        ("fresh", ["token: Secret"]),
    ],
    indirect=["written"],
)
def test_settings_are_those_of_the_spec(written: Written, declared: list[str]) -> None:
    """Credentials are secrets, variables of the server are settings; a default comes last."""
    body = written.read("provider").partition("class Settings")[2].partition("\nclass ")[0]

    assert [line for line in body.split('"""')[2].splitlines() if line.strip()] == [
        f"    {line}" for line in declared
    ]


@pytest.mark.parametrize("written", ["larkspur"], indirect=True)
def test_only_what_the_spec_says_is_claimed(written: Written) -> None:
    """Features begin empty, guesses are comments, and what else the spec has is listed."""
    provider = written.read("provider")

    assert "Features(channels=())" in provider
    assert "# self.api.withdraw_text: DELETE /texts/{text-id}" in provider
    assert "#     msisdn=message.address" in written.read("request")
    assert 'priority: Literal["low", "high"] | None = None' in written.read("options")
