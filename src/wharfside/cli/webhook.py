"""`wharfside webhook`: who is told of what happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from wharfside.cli.administration import (
    DEFAULTS,
    STORABLE,
    Administration,
    InputFile,
    Options,
    Region,
    administration,
    examples,
    fail,
    moment,
    read_text,
    say,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from wharfside.store.webhook_deliveries import DeliveryRecord
    from wharfside.store.webhooks import Webhook

_URL = "https://ci.example.com/registry"

webhook = App(
    name="webhook",
    help="Webhooks: addresses that the server tells of what happens, in the form of Amazon EventBridge."
    " Each event comes at least once, in order within a repository, and signed with the webhook's secret.",
    help_epilogue=examples(
        f"wharfside webhook add ci {_URL}",
        "wharfside webhook test ci",
        "wharfside webhook deliveries ci --state dead",
        "wharfside webhook retry ci",
    ),
)
State = Literal["waiting", "delivered", "dead"]
Several = Annotated[list[str] | None, Parameter(negative="")]


@webhook.command(
    help_epilogue=examples(
        f"wharfside webhook add ci {_URL}",
        f"wharfside webhook add team {_URL} --repository 'team/*' --detail-type 'ECR Image Action'",
        f"wharfside webhook add ci {_URL} --secret-file - <secret.txt",
    )
)
def add(
    name: str,
    url: str,
    /,
    *,
    repository: Several = None,
    detail_type: Several = None,
    secret_file: InputFile | None = None,
    insecure_http: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """Tell an address of what happens from now on. Its secret is made for you, and shown this once.

    Parameters
    ----------
    name
        What the webhook is called here.
    url
        Where events are sent by POST: https, or http on this machine. The URL is shown to whoever administers.
    repository
        Only of repositories with this name; team/* for several. May be given more than once.
    detail_type
        Only events of this detail-type. May be given more than once.
    secret_file
        File with the secret to sign with. -: standard input.
    insecure_http
        Allow http to other machines: everybody on the way can read the events.
    """

    from wharfside.registry import webhooks
    from wharfside.store.webhooks import Webhook

    secret = webhooks.new_secret() if secret_file is None else read_text(secret_file).strip()
    with administration(options) as admin:
        admin.region = region or admin.region
        sealed = webhooks.seal_secret(admin.sealer, secret)
        filters = tuple(detail_type or ()), tuple(repository or ())
        new = Webhook(0, admin.account, admin.region, name, url, sealed, *filters, True, admin.now)
        admin.write(webhooks.add_webhook, new, insecure=insecure_http)
        _say_secret(f"Added {name}.", name, secret if secret_file is None else None, options)


@webhook.command(name="list", help_epilogue=examples("wharfside webhook list", "wharfside webhook list --json"))
def list_(*, region: Region = None, options: Options = DEFAULTS) -> None:
    """List the webhooks of an account in a region."""

    from wharfside.store import webhooks as stored

    with administration(options) as admin:
        found = admin.read(stored.list_webhooks, admin.account, region or admin.region)
        columns = ("name", "url", "enabled", "repositories", "detailTypes")
        show_rows([_described(each) for each in found], columns, as_json=options.as_json)


@webhook.command(help_epilogue=examples("wharfside webhook show ci"))
def show(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Show a webhook, but not its secret."""

    with administration(options) as admin:
        show_one(_described(_found(admin, region, name)), as_json=options.as_json)


@webhook.command(help_epilogue=examples("wharfside webhook remove ci"))
def remove(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Forget a webhook. What waits for it is not delivered any more."""

    from wharfside.registry import webhooks

    _change(options, region, name, webhooks.remove_webhook)
    say(f"Removed {name}.", as_json=options.as_json, name=name)


@webhook.command(help_epilogue=examples("wharfside webhook enable ci"))
def enable(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Send to a webhook again, first what has waited for it."""

    from wharfside.registry import webhooks

    _change(options, region, name, webhooks.enable_webhook, enabled=True)
    say(f"Enabled {name}.", as_json=options.as_json, name=name)


@webhook.command(help_epilogue=examples("wharfside webhook disable ci"))
def disable(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Send nothing to a webhook for now. What happens meanwhile waits for it, as long as events are kept."""

    from wharfside.registry import webhooks

    _change(options, region, name, webhooks.enable_webhook, enabled=False)
    say(f"Disabled {name}.", as_json=options.as_json, name=name)


@webhook.command(
    help_epilogue=examples("wharfside webhook rotate ci", "wharfside webhook rotate ci --secret-file secret.txt")
)
def rotate(
    name: str,
    /,
    *,
    secret_file: InputFile | None = None,
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """Give a webhook another secret, which is made for you and shown this once. It counts within a minute.

    Parameters
    ----------
    secret_file
        File with the secret to sign with. -: standard input.
    """

    from wharfside.registry import webhooks

    secret = webhooks.new_secret() if secret_file is None else read_text(secret_file).strip()
    with administration(options) as admin:
        admin.region = region or admin.region
        sealed = webhooks.seal_secret(admin.sealer, secret)
        admin.write(webhooks.rotate_secret, admin.account, admin.region, name, sealed)
        _say_secret(f"Changed the secret of {name}.", name, secret if secret_file is None else None, options)


@webhook.command(name="test", help_epilogue=examples("wharfside webhook test ci"))
def send_test(name: str, /, *, region: Region = None, options: Options = DEFAULTS) -> None:
    """Send an event of the detail-type "Wharfside Test" from here, now, and say what came of it."""

    import asyncio

    from wharfside.registry.events import event_of_a_test
    from wharfside.registry.webhooks import open_secret
    from wharfside.remote.webhooks import endpoint

    with administration(options) as admin:
        found = _found(admin, region, name)
        secret = open_secret(admin.sealer, found)
        id_, body = event_of_a_test(found.account, found.region, admin.now)

    async def send() -> str | None:
        async with endpoint(admin.settings.webhook_timeout, 1, lambda: admin.now) as receiver:
            return await receiver.post(found.url, secret, id_, body)

    error = asyncio.run(send())
    if error is not None:
        fail(f"{name} did not take the event. {error}")
    say(f"{name} took the event {id_}.", as_json=options.as_json, name=name, event=id_)


@webhook.command(
    help_epilogue=examples("wharfside webhook deliveries ci", "wharfside webhook deliveries ci --state dead --json")
)
def deliveries(
    name: str,
    /,
    *,
    state: Annotated[State | None, Parameter(help="Only those in this state.")] = None,
    last: Annotated[int, STORABLE, Parameter(help="So many, the newest.")] = 50,
    region: Region = None,
    options: Options = DEFAULTS,
) -> None:
    """List what was and is to be delivered to a webhook, the newest event first."""

    from wharfside.store import webhook_deliveries as stored

    with administration(options) as admin:
        found = admin.read(stored.list_deliveries, _found(admin, region, name).id, max(0, last), state=state)
        columns = ("number", "time", "repository", "action", "state", "attempts", "next", "error")
        show_rows([_delivery(each) for each in found], columns, as_json=options.as_json)


@webhook.command(help_epilogue=examples("wharfside webhook retry ci", "wharfside webhook retry ci 4711 4712"))
def retry(name: str, /, *numbers: Annotated[int, STORABLE], region: Region = None, options: Options = DEFAULTS) -> None:
    """Deliver now what waits for another attempt, and what is dead.

    Parameters
    ----------
    numbers
        Numbers of events, as `deliveries` lists them; without any, all that have not been delivered.
    """

    from wharfside.registry import webhooks

    with administration(options) as admin:
        admin.region = region or admin.region
        count = admin.write(webhooks.retry_deliveries, admin.account, admin.region, name, numbers, admin.now)
        if count is False:
            fail(f"Nothing of that waits or is dead. `wharfside webhook deliveries {name}` shows what there is.")
        say(f"{count} to be delivered now.", as_json=options.as_json, deliveries=count)


def _change(options: Options, region: str | None, name: str, use_case: Callable[..., None], **given: bool) -> None:
    with administration(options) as admin:
        admin.region = region or admin.region
        admin.write(use_case, admin.account, admin.region, name, **given)


def _found(admin: Administration, region: str | None, name: str) -> Webhook:
    from wharfside.registry.webhooks import require_webhook

    return admin.read(require_webhook, admin.account, region or admin.region, name)


def _say_secret(done: str, name: str, secret: str | None, options: Options) -> None:
    if secret is None:
        say(done, as_json=options.as_json, name=name)
    else:
        say(f"{done} Its secret, shown only now: {secret}", as_json=options.as_json, name=name, secret=secret)


def _described(each: Webhook) -> dict[str, Any]:
    return {
        "name": each.name,
        "url": each.url,
        "enabled": each.enabled,
        "repositories": list(each.repositories),
        "detailTypes": list(each.detail_types),
        "created": moment(each.created_at),
    }


def _delivery(each: DeliveryRecord) -> dict[str, Any]:
    event = json.loads(each.content)
    return {
        "number": each.number,
        "event": event["id"],
        "time": event["time"],
        "repository": event["detail"].get("repository-name"),
        "action": event["detail"].get("action-type"),
        "state": each.state,
        "attempts": each.attempts,
        "next": moment(each.due_at) if each.state == "waiting" else None,
        "ended": moment(each.ended_at) if each.ended_at is not None else None,
        "error": each.error,
    }
