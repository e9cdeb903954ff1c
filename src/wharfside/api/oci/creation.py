"""Create on push: a repository that is missing is made, where a creation template says so, and then pushed to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from wharfside.api.oci import events
from wharfside.api.oci.exchange import Exchange
from wharfside.core.errors import RegistryError
from wharfside.registry.context import Unit
from wharfside.registry.encryption import choose_encryption
from wharfside.registry.repository_creation import authorize_creation, find_template, make_repository
from wharfside.store.creation_templates import CreationTemplate
from wharfside.store.repositories import find_repository

T = TypeVar("T")


async def with_repository(exchange: Exchange, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, which is done once more if the repository was missing and could be made.

    Nothing is looked up beforehand, so pushing to what exists costs nothing more.
    """
    try:
        return await work()
    except RegistryError as refusal:
        if not await _create(exchange, refusal):
            raise
    return await work()


async def _create(exchange: Exchange, refusal: RegistryError) -> bool:
    """Have the repository made; False where none is to be. Raises AccessDeniedException, LimitExceededException.

    Who may do nothing with a missing repository may still push once it has the policy of its template.
    """
    denied = refusal.code == "AccessDeniedException"
    if exchange.caller is None or (refusal.code != "RepositoryNotFoundException" and not denied):
        return False
    if not await exchange.read(lambda unit: _is_to_be_made(exchange, unit, or_denied=denied)):
        # Somebody else may have made it since the refusal.
        return not denied and await exchange.read(lambda unit: _exists(exchange, unit))
    await exchange.write(
        lambda unit: _make(exchange, unit),
        lambda template: None if template is None else events.created_on_push(exchange, template),
    )
    return True


def _exists(exchange: Exchange, unit: Unit) -> bool:
    return find_repository(unit.connection, unit.account, unit.region, exchange.name) is not None


def _is_to_be_made(exchange: Exchange, unit: Unit, *, or_denied: bool) -> bool:
    """Whether there is a template; with `or_denied`, those who may not create hear what they heard without one."""
    template = find_template(unit, exchange.name, "CREATE_ON_PUSH")
    if template is not None and or_denied:
        try:
            _authorize(exchange, unit, template)
        except RegistryError:
            return False
    return template is not None


def _authorize(exchange: Exchange, unit: Unit, template: CreationTemplate) -> None:
    assert exchange.caller is not None
    circumstances = exchange.node.circumstances(exchange.request, unit.region)
    authorize_creation(unit, exchange.caller.evaluated(), exchange.name, template, circumstances)


def _make(exchange: Exchange, unit: Unit) -> CreationTemplate | None:
    """The template that the repository was made from; None if somebody else made it meanwhile."""
    template = find_template(unit, exchange.name, "CREATE_ON_PUSH")
    if template is None:
        return None
    _authorize(exchange, unit, template)
    circumstances = exchange.node.circumstances(exchange.request, unit.region)
    # In open mode everybody may do everything, and nobody has roles.
    node = exchange.node
    encryption = node.encryption
    if template.encryption_type is not None:
        encryption = choose_encryption(unit, node.key_sealer, template.encryption_type, template.kms_key)
    make_repository(unit, exchange.name, template, circumstances, encryption, as_role=node.open_mode is None)
    # Unlike Amazon's, which leaves an empty repository to somebody whom its policy does not let push.
    exchange.admit(unit)
    return template
