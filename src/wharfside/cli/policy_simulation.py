"""`wharfside policy simulate`: what the policies say to a request, and which statement decides."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from wharfside.cli.administration import DEFAULTS, Options, administration, examples, fail, read_text, warn

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wharfside.core.policies import PolicyKind
    from wharfside.registry.simulation import Given, Simulation

DENIED = 3
"""The exit code for what is not allowed."""
EXAMPLES = examples(
    "wharfside policy simulate user/alice ecr:PutImage team/app",
    "wharfside policy simulate arn:aws:iam::111122223333:role/ci ecr:BatchGetImage team/app",
    "wharfside policy simulate user/alice ecr:CreateRepository team/new --tag team=red",
    "wharfside policy simulate anonymous ecr:BatchGetImage team/app --repository-policy new.json",
)

File = Annotated[Path | None, Parameter(allow_leading_hyphen=True)]


@Parameter(name="*")
@dataclass(frozen=True)
class Supposed:
    """How the request is supposed to come, and by which policies it is judged."""

    region: Annotated[str | None, Parameter(help="Region (default: the configured one).")] = None
    source_ip: Annotated[str | None, Parameter(help="Address it comes from.")] = None
    http: Annotated[bool, Parameter(negative="", show_default=False, help="It comes without TLS.")] = False
    user_agent: Annotated[str | None, Parameter(help="What the client calls itself.")] = None
    tag: Annotated[list[str], Parameter(negative="", help="KEY=VALUE that it wants to set.")] = field(
        default_factory=list[str]
    )
    policy: Annotated[list[Path], Parameter(negative="", help="A further identity policy.")] = field(
        default_factory=list[Path]
    )
    session_policy: Annotated[list[Path], Parameter(negative="", help="A session policy.")] = field(
        default_factory=list[Path]
    )
    repository_policy: Annotated[File, Parameter(help="In place of the repository's policy.")] = None
    registry_policy: Annotated[File, Parameter(help="In place of the registry's policy.")] = None


NOTHING_SUPPOSED = Supposed()


def simulate(
    principal: str,
    action: str,
    repository: str | None = None,
    /,
    *,
    supposed: Supposed = NOTHING_SUPPOSED,
    options: Options = DEFAULTS,
) -> None:
    """Say whether somebody may do something, and which statement decides.

    PRINCIPAL is user/NAME, role/NAME, root, anonymous or an ARN of any account, ACTION an action such as ecr:PutImage,
    and REPOSITORY one of the account's, which need not exist; without it the action is on the registry.
    Actions and condition keys that there are not are pointed out.
    The exit code is 0 for what is allowed, and 3 for what is not.
    """
    from wharfside.cli.identity_commands import parse_tags
    from wharfside.core.names import is_repository_name
    from wharfside.core.request_context import Circumstances
    from wharfside.registry import simulation
    from wharfside.registry.authorization import TagChange
    from wharfside.registry.context import Unit

    if repository is not None and not is_repository_name(repository):
        fail(f"{repository!r} is not the name of a repository.")
    given, tags = _given(supposed), parse_tags(supposed.tag)
    change = TagChange(tags, tuple(tags))
    with administration(options) as admin:
        region = supposed.region or admin.region
        how = Circumstances(admin.now, region, supposed.source_ip, not supposed.http, supposed.user_agent)

        def work(connection: Connection) -> Simulation:
            unit = Unit(connection, admin.account, region, admin.now)
            return simulation.simulate(unit, principal, action, repository, how, change=change, given=given)

        done = admin.read(work)
    _show(done, as_json=options.as_json)
    sys.exit(0 if done.decision.allowed else DENIED)


def _given(supposed: Supposed) -> Given:
    from wharfside.core.policies import PolicyKind
    from wharfside.registry.simulation import Given

    return Given(
        tuple(_read(file, PolicyKind.IDENTITY) for file in supposed.policy),
        tuple(_read(file, PolicyKind.IDENTITY) for file in supposed.session_policy),
        _read(supposed.repository_policy, PolicyKind.REPOSITORY) if supposed.repository_policy else None,
        _read(supposed.registry_policy, PolicyKind.REGISTRY) if supposed.registry_policy else None,
    )


def _read(file: Path, kind: PolicyKind) -> str:
    """The document in a file. Ends the command for one that could not be set, and says what is wrong with it."""
    from wharfside.core.policy_syntax import check_policy
    from wharfside.core.policy_variables import Malformed

    document = read_text(file)
    try:
        check_policy(document, kind)
    except Malformed as error:
        fail(f"{file} is no {kind} policy: {error}.")
    return document


def _show(done: Simulation, *, as_json: bool) -> None:
    decision, decisive = done.decision, done.decision.decisive
    word = "allowed" if decision.allowed else "explicitDeny" if decision.denied else "implicitDeny"
    statement = None if decisive is None or decisive.statement is None else decisive.statement + 1
    sid = decisive.sid if decisive is not None else None
    if as_json:
        members = {
            "decision": word,
            "principal": done.principal.arn,
            "reason": decision.reason or None,
            "policy": done.policy,
            "statement": statement,
            "sid": sid,
            "warnings": list(done.doubts),
        }
        print(json.dumps(members, indent=2))
        return
    print("allowed" if decision.allowed else f"denied, {decision.reason}")
    if done.policy is not None:
        place = "" if statement is None else f"statement {statement}{f' ({sid})' if sid else ''} of "
        print(f"  decided by {place}the {done.policy}")
    for doubt in done.doubts:
        warn(doubt)
