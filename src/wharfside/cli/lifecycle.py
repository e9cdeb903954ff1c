"""`wharfside lifecycle`: carry lifecycle policies out now, or see what they would do."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from cyclopts import App

from wharfside.cli.administration import (
    DEFAULTS,
    InputFile,
    Options,
    Region,
    administration,
    examples,
    moment,
    read_text,
    say,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from wharfside.cli.administration import Administration
    from wharfside.core.lifecycle import Decision, Explanation, Image
    from wharfside.core.lifecycle_policies import LifecyclePolicy, LifecycleRule

lifecycle = App(
    name="lifecycle",
    help="See what lifecycle policies would do, and carry them out now. The server does so every hour by itself.",
    help_epilogue=examples(
        "wharfside lifecycle preview team/app",
        "wharfside lifecycle preview team/app policy.json",
        "wharfside lifecycle explain team/app v1.2",
        "wharfside lifecycle run team/app",
    ),
)
_COLUMNS = ("digest", "tags", "pushedAt", "rule", "action")


@lifecycle.command(help_epilogue=examples("wharfside lifecycle run", "wharfside lifecycle run team/app"))
def run(repository: str | None = None, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Carry out the policy of a repository, or of all repositories of the region, and list what was done."""

    from rich.console import Console
    from rich.progress import Progress

    from wharfside.registry.lifecycle_runs import STEP, carry_out, evaluate, read_judged

    done: list[dict[str, Any]] = []
    bar = Progress(console=Console(stderr=True), transient=True, redirect_stdout=False, disable=not sys.stderr.isatty())
    with administration(options) as admin:
        chosen = _chosen(admin, region, repository)
        with bar:
            for judged in filter(None, (admin.read(read_judged, id_) for id_ in chosen)):
                decided, name = evaluate(judged, admin.now), judged.repository.name
                task = bar.add_task(name, total=len(decided.plan.decisions))
                for step in carry_out(decided, lambda work: admin.db.write(work).result(), lambda: admin.now):
                    if step.record is not None:
                        admin.committed(step.record)
                    done += [{"repository": name, **_row(each)} for each in step.done]
                    bar.advance(task, STEP)
                bar.remove_task(task)
        if options.as_json or done:
            show_rows(done, ("repository", *_COLUMNS), as_json=options.as_json)
        else:
            say("No image expired or was archived.", as_json=False)


@lifecycle.command(
    help_epilogue=examples("wharfside lifecycle preview team/app", "wharfside lifecycle preview team/app policy.json")
)
def preview(
    repository: str, file: InputFile | None = None, /, *, region: Region = None, options: Options = DEFAULTS
) -> None:
    """List what would be done now by the repository's policy, or by one from a file (-: standard input)."""

    from wharfside.core.lifecycle import plan

    text = read_text(file) if file is not None else None
    with administration(options) as admin:
        policy, images = _policy_and_images(admin, region, repository, text)
        rows = [_row(each) for each in plan(policy, images, admin.now).decisions]
        if options.as_json or rows:
            show_rows(rows, _COLUMNS, as_json=options.as_json)
        else:
            say("No image would expire or be archived now.", as_json=False)


@lifecycle.command(help_epilogue=examples("wharfside lifecycle explain team/app v1.2"))
def explain(
    repository: str,
    image: str,
    file: InputFile | None = None,
    /,
    *,
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """Say which rule would expire or archive one image, named by tag or digest, and when."""

    from wharfside.cli.administration import fail
    from wharfside.core import lifecycle as evaluation

    text = read_text(file) if file is not None else None
    with administration(options) as admin:
        policy, images = _policy_and_images(admin, region, repository, text)
        found = next((each for each in images if image == each.digest or image in each.tags), None)
        if found is None:
            fail(f"There is no image {image} in {repository}.")
        explanation = evaluation.explain(policy, images, found.digest, admin.now)
        show_one(_shown(explanation), as_json=options.as_json)


def _chosen(admin: Administration, region: str | None, repository: str | None) -> list[int]:
    """The repository, which must have a policy, or all of the account and region."""
    from sqlalchemy import Connection

    from wharfside.registry.context import Unit
    from wharfside.registry.lifecycle import get_lifecycle_policy
    from wharfside.registry.repositories import MAXIMUM_REPOSITORIES, get_repository, list_repositories

    def read(connection: Connection) -> list[int]:
        unit = Unit(connection, admin.account, region or admin.region, admin.now)
        if repository is not None:
            get_lifecycle_policy(unit, repository)
            return [get_repository(unit, repository).id]
        return [each.id for each in list_repositories(unit, "", MAXIMUM_REPOSITORIES)]

    return admin.read(read)


def _policy_and_images(
    admin: Administration, region: str | None, repository: str, text: str | None
) -> tuple[LifecyclePolicy, list[Image]]:
    """The policy of the text, or else the repository's own, and all images of the repository."""
    from sqlalchemy import Connection

    from wharfside.core.lifecycle_policies import parse_lifecycle_policy
    from wharfside.registry.context import Unit
    from wharfside.registry.lifecycle import get_lifecycle_policy
    from wharfside.registry.repositories import get_repository
    from wharfside.store.lifecycle_policies import judged_images

    def read(connection: Connection) -> tuple[LifecyclePolicy, list[Image]]:
        unit = Unit(connection, admin.account, region or admin.region, admin.now)
        found = get_repository(unit, repository)
        policy = parse_lifecycle_policy(get_lifecycle_policy(unit, repository).document if text is None else text)
        return policy, judged_images(connection, found.id)

    return admin.read(read)


def _row(decision: Decision) -> dict[str, Any]:
    image = decision.image
    return {
        "digest": image.digest,
        "tags": list(image.tags),
        "pushedAt": moment(image.pushed_at),
        "rule": decision.rule.priority,
        "action": decision.rule.action,
    }


def _shown(explanation: Explanation) -> dict[str, Any]:
    image, pulled = explanation.image, explanation.image.last_recorded_pull_time
    rule = explanation.rules[0] if explanation.rules else None
    return {
        "digest": image.digest,
        "tags": list(image.tags),
        "storageClass": image.storage_class,
        "pushedAt": moment(image.pushed_at),
        "lastRecordedPullTime": moment(pulled) if pulled is not None else None,
        "rule": rule.priority if rule is not None else None,
        "action": rule.action if rule is not None else None,
        "when": _verdict(explanation),
    }


def _verdict(explanation: Explanation) -> str:
    """When the image expires or goes to the archive, and why then, in words."""
    if explanation.image.subject is not None:
        return f"not by a policy: it belongs to {explanation.image.subject}"
    if not explanation.rules:
        return "never: no rule identifies it"
    rule = explanation.rules[0]
    if explanation.due_at == math.inf:
        return "never: it is being restored"
    when = _when(explanation, rule)
    if explanation.indexes:
        return f"not before {', '.join(explanation.indexes)}, which names it; then {when}"
    return when


def _when(explanation: Explanation, rule: LifecycleRule) -> str:
    if explanation.taken:
        return f"at the next run, by rule {rule.priority}"
    if explanation.due_at is not None:
        return f"after {moment(explanation.due_at)}, by rule {rule.priority}"
    return f"once {rule.count_number} newer images match rule {rule.priority}; now there are {explanation.newer}"
