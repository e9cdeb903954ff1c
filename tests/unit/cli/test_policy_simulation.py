"""`wharfside policy simulate`, on the database of a registry that does not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from administration import administration
from wharfside.app import prepare
from wharfside.cli.main import run
from wharfside.config import load_settings
from wharfside.core.mutability import TagMutability
from wharfside.folder import Folder
from wharfside.registry import identities, identity_policies, repositories
from wharfside.registry.context import Unit
from wharfside.registry.policy_doubts import doubts
from wharfside.registry.ready_policies import READY_POLICIES
from wharfside.store.policies import put_repository_policy

ACCOUNT, OTHER, REGION = "000000000000", "111111111111", "us-east-1"
PUSH = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


FRIENDS = {"Sid": "Friends", "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:BatchGetImage"}
LOCAL = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
RED = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "red"}}}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two accounts, a user and a role, and a repository with a policy."""
    data = tmp_path_factory.mktemp("simulated") / "data"
    folder = Folder(data)
    folder.make()
    prepare(load_settings(None, data=data), folder)
    with administration(data) as admin:
        admin.run(identities.create_account, OTHER, admin.now)
        for account, name in ((ACCOUNT, "ann"), (OTHER, "bob")):
            admin.run(identities.create_user, account, name, admin.now, "/dev/")
            admin.run(identity_policies.attach, account, "user", name, PUSH)
        admin.run(identity_policies.put_inline, ACCOUNT, "user", "ann", "local", document(LOCAL))
        trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
        admin.run(identities.create_role, ACCOUNT, "ci", trust, admin.now)

        def make(connection: Any) -> None:
            unit = Unit(connection, ACCOUNT, REGION, admin.now)
            made = repositories.create_repository(unit, "team/app", TagMutability(), {})
            put_repository_policy(connection, made.id, document(FRIENDS))

        admin.run(make)
    return data


@pytest.fixture
def simulate(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Exit code, and what was printed."""
    monkeypatch.setenv("WHARFSIDE_DATA", str(data))

    def call(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            run(["policy", "simulate", *words])
        printed = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, printed.out + printed.err

    return call


BOB = f"arn:aws:iam::{OTHER}:user/dev/bob"
PUSHES = f"allowed\n  decided by statement 1 of the identity-based policy {PUSH}\n"

CASES: list[tuple[tuple[str, ...], str]] = [
    (("user/ann", "ecr:PutImage", "team/app"), PUSHES),
    ((f"arn:aws:iam::{ACCOUNT}:user/dev/ann", "ecr:PutImage", "not/there"), PUSHES),
    (("user/ann", "ecr:GetAuthorizationToken"), PUSHES),
    (("user/ann", "ecr:DeleteRepository", "team/app"), "denied, because no identity-based policy allows the ecr:D"),
    (
        ("user/ann", "ecr:DeleteRepository", "team/app", "--source-ip", "10.1.2.3"),
        "allowed\n  decided by statement 1 of the identity-based policy local\n",
    ),
    ((BOB, "ecr:BatchGetImage", "team/app"), "allowed\n  decided by statement 1 (Friends) of the repository policy\n"),
    ((BOB, "ecr:PutImage", "team/app"), "denied, because no resource-based policy allows the ecr:PutImage action\n"),
    ((BOB, "ecr:BatchGetImage", "team/app", "--region", "eu-west-1"), "denied, because no resource-based policy"),
    ((BOB, "ecr:PutImage", "own", "--account", OTHER), PUSHES),
    (("role/ci", "ecr:PutImage", "team/app"), "denied, because no identity-based policy allows"),
    (("root", "ecr:DeleteRepository", "team/app"), "allowed\n  decided by the account root\n"),
    ((f"arn:aws:iam::{OTHER}:root", "ecr:PutImage", "team/app"), "denied, because no resource-based policy"),
    (("anonymous", "ecr:BatchGetImage", "team/app"), "denied, because no resource-based policy"),
]


@pytest.mark.parametrize(("words", "expected"), CASES, ids=lambda value: " ".join(value)[:60])
def test_decisions(simulate: Callable[..., tuple[int, str]], words: tuple[str, ...], expected: str) -> None:
    code, printed = simulate(*words)
    assert printed.startswith(expected)
    assert code == (0 if expected.startswith("allowed") else 3)


def test_policies_that_are_not_set_yet(simulate: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    def file(*statements: Any) -> str:
        path = tmp_path / "policy.json"
        path.write_text(document(*statements))
        return str(path)

    question = ("user/ann", "ecr:PutImage", "team/app")
    denying = {"Effect": "Deny", "Principal": "*", "Action": "ecr:Put*"}
    decided = "denied, with an explicit deny in a resource-based policy\n  decided by statement 1 of the {} policy\n"
    answer = simulate(*question, "--repository-policy", file(denying))
    assert answer == (3, decided.format("repository"))
    answer = simulate(*question, "--registry-policy", file(denying | {"Resource": "*"}))
    assert answer == (3, decided.format("registry"))
    answer = simulate("role/ci", "ecr:CreateRepository", "new", "--policy", file(RED), "--tag", "team=red")
    assert answer == (0, "allowed\n  decided by statement 1 of the identity-based policy that was given\n")
    assert simulate("role/ci", "ecr:CreateRepository", "new", "--policy", file(RED), "--tag", "team=blue")[0] == 3
    answer = simulate(*question, "--session-policy", file({"Effect": "Allow", "Action": "ecr:Get*", "Resource": "*"}))
    assert answer == (3, "denied, because no session policy allows the ecr:PutImage action\n")


def test_as_json(simulate: Callable[..., tuple[int, str]]) -> None:
    code, printed = simulate(BOB, "ecr:BatchGetImage", "team/app", "--json")
    assert (code, json.loads(printed)) == (
        0,
        {
            "decision": "allowed",
            "principal": BOB,
            "reason": None,
            "policy": "repository policy",
            "statement": 1,
            "sid": "Friends",
            "warnings": [],
        },
    )
    code, printed = simulate("user/ann", "ecr:DeleteRepository", "team/app", "--json")
    assert (code, json.loads(printed)["decision"], json.loads(printed)["policy"]) == (3, "implicitDeny", None)


def test_what_cannot_be_simulated(simulate: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(document(FRIENDS | {"Action": "s3:*"}))
    for words, message in (
        (("user/nobody", "ecr:PutImage"), "The user with name nobody cannot be found in account 000000000000."),
        (("nobody", "ecr:PutImage"), "'nobody' is nobody: name user/NAME, role/NAME, root, anonymous, or the ARN"),
        (("root", "ecr:PutImage", "Upper"), "'Upper' is not the name of a repository."),
        (("root", "ecr:PutImage", "app", "--tag", "x"), "'x' is not a tag"),
        (
            ("root", "ecr:PutImage", "app", "--repository-policy", str(wrong)),
            f"{wrong} is no repository policy: statement 1: 's3:*' is not an action of ECR.",
        ),
        (("root", "ecr:PutImage", "--policy", str(tmp_path / "none")), "No such file or directory."),
    ):
        code, printed = simulate(*words)
        assert code == 1
        assert message in printed


def test_what_may_be_a_slip_is_pointed_out(simulate: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """Policies may name actions that there are not, as they may be meant for Amazon too: they are pointed out."""
    file = tmp_path / "policy.json"
    odd = {"StringEquals": {"aws:sourceip": "10.0.0.1", "aws:ResourceTags/team": "x"}, "Null": {"aws:TagKeys": "true"}}
    denied = ["ecr:PutImag", "ecr:?utImage", "Ecr:Batch*", "ecr:Frob*"]
    file.write_text(document(FRIENDS, {"Effect": "Deny", "Principal": "*", "Action": denied, "Condition": odd}))
    warnings = [
        "no operation needs ecr:GetImage",
        "repository policy, statement 2: no operation needs ecr:PutImag; is ecr:PutImage meant?",
        "repository policy, statement 2: no operation needs ecr:Frob*",
        "repository policy, statement 2: no request has the condition key aws:ResourceTags/team",
    ]
    question = ("root", "ecr:GetImage", "team/app", "--repository-policy", str(file))
    _, printed = simulate(*question, "--json")
    assert json.loads(printed)["warnings"] == warnings
    _, printed = simulate(*question)
    assert [line.removeprefix("wharfside: warning: ") for line in printed.splitlines()[-4:]] == warnings


def test_the_ready_policies_are_above_doubt() -> None:
    for arn, text in READY_POLICIES.items():
        assert not list(doubts(text)), arn
