"""`wharfside provider`: issuers of OIDC tokens that roles may trust, such as CI systems and Kubernetes clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from wharfside.cli.administration import (
    DEFAULTS,
    InputFile,
    Options,
    administration,
    examples,
    read_text,
    say,
    show_one,
    show_rows,
)

if TYPE_CHECKING:
    from wharfside.store.identity_providers import IdentityProvider

provider = App(
    name="provider",
    help="Identity providers: OIDC issuers whose tokens roles may trust.",
    help_epilogue=examples(
        "wharfside provider create https://token.actions.githubusercontent.com --audience sts.amazonaws.com",
        "wharfside provider list",
    ),
)


def _described(found: IdentityProvider) -> dict[str, object]:
    return {
        "url": found.url,
        "arn": found.arn,
        "audiences": list(found.audiences),
        "keys": "fetched from the issuer" if found.jwks is None else "given as a file",
    }


@provider.command(
    help_epilogue=examples(
        "wharfside provider create https://token.actions.githubusercontent.com --audience sts.amazonaws.com",
        "wharfside provider create https://kubernetes.default.svc --audience registry --jwks jwks.json",
    )
)
def create(
    url: str,
    /,
    *,
    audience: Annotated[list[str], Parameter(negative="")],
    jwks: InputFile | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Register an OIDC issuer. Its keys are fetched when they are needed, unless they are given as a file.

    Parameters
    ----------
    url
        The issuer, exactly as tokens name it (iss).
    audience
        Whom tokens must be made for (aud); may be given more than once.
    jwks
        File with the issuer's keys (JWKS), where this server cannot reach it. -: standard input.
    """

    from wharfside.registry import identity_providers

    keys = None if jwks is None else read_text(jwks)
    with administration(options) as admin:
        arn = admin.write(identity_providers.create_provider, admin.account, url, audience, keys, admin.now)
        say(f"Registered {arn}.", as_json=options.as_json, arn=arn)


@provider.command(
    help_epilogue=examples(
        "wharfside provider update https://kubernetes.default.svc --audience registry --jwks jwks.json"
    )
)
def update(
    url: str,
    /,
    *,
    audience: Annotated[list[str], Parameter(negative="")],
    jwks: InputFile | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Replace the audiences of an issuer, and its keys.

    Parameters
    ----------
    url
        The issuer's URL or ARN.
    audience
        Whom tokens must be made for (aud); may be given more than once.
    jwks
        File with the issuer's keys (JWKS); without it they are fetched. -: standard input.
    """

    from wharfside.registry import identity_providers

    keys = None if jwks is None else read_text(jwks)
    with administration(options) as admin:
        admin.write(identity_providers.update_provider, admin.account, url, audience, keys)
        say(f"Changed {url}.", as_json=options.as_json, url=url)


@provider.command(name="list", help_epilogue=examples("wharfside provider list"))
def list_(*, options: Options = DEFAULTS) -> None:
    """List the identity providers of an account."""

    from wharfside.store import identity_providers as stored

    with administration(options) as admin:
        rows = [_described(each) for each in admin.read(stored.list_providers, admin.account)]
        show_rows(rows, ("url", "audiences", "keys"), as_json=options.as_json)


@provider.command(help_epilogue=examples("wharfside provider show https://token.actions.githubusercontent.com"))
def show(url: str, /, *, options: Options = DEFAULTS) -> None:
    """Show an identity provider, by its URL or ARN."""

    from wharfside.registry import identity_providers

    with administration(options) as admin:
        found = admin.read(identity_providers.require_provider, admin.account, url)
        show_one(_described(found), as_json=options.as_json)


@provider.command(help_epilogue=examples("wharfside provider delete https://token.actions.githubusercontent.com"))
def delete(url: str, /, *, options: Options = DEFAULTS) -> None:
    """Forget an issuer: none of its tokens is good any more. Sessions last until they expire, or are revoked."""

    from wharfside.registry import identity_providers

    with administration(options) as admin:
        admin.write(identity_providers.delete_provider, admin.account, url)
        say(f"Deleted {url}.", as_json=options.as_json, url=url)
