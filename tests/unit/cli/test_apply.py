"""`wharfside apply`: shows, asks, does, and has nothing to do the second time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_administration import Command, data, file, template, wharfside

from wharfside.cli.declaration_file import InvalidDeclaration, parse_declaration

__all__ = ["data", "file", "template", "wharfside"]

YAML = """\
version: 1
accounts:
  111122223333:
    policies:
      push:
        Version: 2012-10-17
        Statement: {Effect: Allow, Action: "ecr:*", Resource: "*"}
    providers:
      https://ci.example.com: {audiences: [registry]}
    users:
      alice:
        policies: [AmazonEC2ContainerRegistryReadOnly, push]
        inline: {extra: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "*", Resource: "*"}}}
        boundary: push
        tags: {team: web}
    roles:
      ci:
        policies: [push]
        max_session_seconds: 7200
        trust:
          Version: 2012-10-17
          Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:AssumeRole"}
"""
CHANGES = [
    "+ account 111122223333",
    "+ 111122223333: policy push",
    "+ 111122223333: provider https://ci.example.com",
    "+ 111122223333: user alice",
    "+ 111122223333: user alice: arn:aws:iam::111122223333:policy/push",
    "+ 111122223333: user alice: arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
    "+ 111122223333: user alice: inline policy extra",
    "~ 111122223333: user alice: boundary arn:aws:iam::111122223333:policy/push",
    "~ 111122223333: user alice: tags team=web",
    "+ 111122223333: role ci",
    "+ 111122223333: role ci: arn:aws:iam::111122223333:policy/push",
]
TOML = """\
version = 1
[accounts.111122223333.users.alice]
policies = ["AmazonEC2ContainerRegistryReadOnly"]
"""


def test_it_makes_what_it_showed_and_then_there_is_nothing_to_do(wharfside: Command, file: Callable[..., str]) -> None:
    path = file(YAML, "team.yaml")
    assert wharfside("apply", path, "--dry-run").splitlines() == CHANGES
    assert "111122223333" not in wharfside("account", "list")
    assert wharfside("apply", path, "--yes").splitlines() == CHANGES
    assert wharfside("apply", path, "--yes") == "Everything is as the file says.\n"
    assert json.loads(wharfside("apply", path, "--json")) == {"changes": [], "dryRun": False}
    shown = json.loads(wharfside("user", "show", "alice", "--account", "111122223333", "--json"))
    assert (shown["inline"], shown["tags"]) == (["extra"], {"team": "web"})
    assert len(shown["attached"]) == 2


def test_who_is_mentioned_gets_exactly_what_the_file_says(wharfside: Command, file: Callable[..., str]) -> None:
    wharfside("apply", file(YAML, "team.yaml"), "--yes")
    wharfside("user", "create", "bob", "--account", "111122223333")
    assert wharfside("apply", file(TOML, "team.toml"), "--yes").splitlines() == [
        "- 111122223333: user alice: arn:aws:iam::111122223333:policy/push",
        "- 111122223333: user alice: inline policy extra",
        "~ 111122223333: user alice: boundary none",
        "~ 111122223333: user alice: tags none",
    ]
    assert {each["name"] for each in json.loads(wharfside("user", "list", "--account", "111122223333", "--json"))} == {
        "alice",
        "bob",
    }
    changed = YAML.replace("7200", "3600").replace("sts:AssumeRole", "sts:*").replace("[registry]", "[other]")
    shown = wharfside("apply", file(changed, "team.yaml"), "--dry-run")
    assert "~ 111122223333: role ci: trust policy" in shown
    assert "~ 111122223333: role ci: sessions of at most 3600 seconds" in shown
    assert "~ 111122223333: provider https://ci.example.com" in shown


def test_nobody_is_asked_without_a_terminal(wharfside: Command, file: Callable[..., str]) -> None:
    assert "Give --yes" in wharfside("apply", file(YAML, "team.yaml"), ok=False)
    assert "111122223333" not in wharfside("account", "list")


@pytest.mark.parametrize(("answer", "made"), [("y", True), ("", False), ("no", False)])
def test_somebody_is_asked_on_a_terminal(
    wharfside: Command, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch, answer: str, made: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    wharfside("apply", file(YAML, "team.yaml"), ok=made)
    assert ("111122223333" in wharfside("account", "list")) is made


def test_all_or_nothing(wharfside: Command, file: Callable[..., str]) -> None:
    wrong = YAML.replace("policies: [push]", "policies: [none]")
    assert "policy/none does not exist" in wharfside("apply", file(wrong, "team.yaml"), "--yes", ok=False)
    assert "111122223333" not in wharfside("account", "list")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1", "version: 2", "team.yaml, line 1: version: Input should be 1"),
        ("version: 1\n", "", "team.yaml: version: this key is missing"),
        ("boundary:", "bounds:", "line 14: accounts.111122223333.users.alice.bounds: there is no such key here"),
        ("111122223333:\n", "1111:\n", "line 3: accounts.1111: an account is 12 digits"),
        ("7200", "60", "line 19: accounts.111122223333.roles.ci.max_session_seconds: Input should be greater than"),
        ("[push]", "push", "roles.ci.policies: Input should be a valid list"),
        ("{team: web}", "{team: 5}", "line 15: accounts.111122223333.users.alice.tags.team: Input should be a valid s"),
        ("      ci:", "      ci: &anchor", "anchors, aliases and tags are not used here"),
        ("tags: {team: web}", "tags: {team: web, team: x}", "line 15: team is there twice"),
        ("version: 1", "version: [", "is not valid YAML"),
        ("{audiences: [registry]}", "{audiences: []}", "audiences: List should have at least 1 item"),
        ("{Effect: Deny,", "{Effect: Maybe,", "Effect must be Allow or Deny"),
        ("AWS:", "Nobody:", "an unknown kind of principal"),
        ("https://ci", "ftp://ci", "The URL of an issuer begins with https://"),
    ],
)
def test_messages_say_where_and_what(
    wharfside: Command, file: Callable[..., str], old: str, new: str, message: str
) -> None:
    assert old in YAML
    path = file(YAML.replace(old, new, 1), "team.yaml")
    assert message in wharfside("apply", path, "--yes", ok=False)
    assert "111122223333" not in wharfside("account", "list")


def test_toml_that_is_none(wharfside: Command, file: Callable[..., str]) -> None:
    assert "is not valid TOML" in wharfside("apply", file("version = ", "team.toml"), ok=False)


def test_files_that_are_too_large_or_too_deep(wharfside: Command, file: Callable[..., str]) -> None:
    assert "larger than" in wharfside("apply", file("#" * (1 << 20) + "\n", "team.yaml"), ok=False)
    for deep in ("[" * 30 + "]" * 30, "[" * 20_000, "{a: " * 20_000, "- " * 20_000):
        assert "more than 20 levels" in wharfside("apply", file(f"version:\n  {deep}", "team.yaml"), ok=False)


@given(st.text(), st.sampled_from([".yaml", ".toml"]))
def test_any_text_is_refused_with_a_message(text: str, suffix: str) -> None:
    with pytest.raises(InvalidDeclaration):
        parse_declaration(str(Path("file").with_suffix(suffix)), text)
