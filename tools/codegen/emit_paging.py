"""Makes `paginator` and `waiter`: the types of what the clients' `get_paginator` and `get_waiter` give."""

from __future__ import annotations

from collections.abc import Mapping

from tools.codegen.annotations import Spelling, typed_dict
from tools.codegen.emit_clients import ASYNCHRONOUS, SYNCHRONOUS
from tools.codegen.naming import PACKAGES, TITLES, literal_name
from tools.codegen.parameters import as_members, of_paginator, of_waiter
from wharfside_sdk.model.ir import Paginator, Service, Waiter

_PAGINATORS = '''"""The paginators of {title}'s clients, for type checkers."""
from collections.abc import Mapping, Sequence
from typing import NotRequired, Protocol, TypedDict, Unpack

from wharfside_sdk.core.asynchronous import AsyncPageIterator
from wharfside_sdk.core.sync import PageIterator
from wharfside_sdk.{package} import literals, requests, responses
from wharfside_sdk.{package}.type_defs import PaginatorConfigTypeDef


'''
_WAITERS = '''"""The waiters of {title}'s clients, for type checkers."""
from collections.abc import Mapping, Sequence
from typing import NotRequired, Protocol, TypedDict, Unpack

from wharfside_sdk.{package} import literals, requests
from wharfside_sdk.{package}.type_defs import WaiterConfigTypeDef


'''
_GIVEN = Spelling(
    lambda name: f"requests.{name}",
    lambda name: f"literals.{literal_name(name)}",
    sequence="Sequence",
    mapping="Mapping",
    blob="requests.Blob",
)


def files(service: Service) -> Mapping[str, str]:
    """Both modules; a service without waiters has only the first."""
    names = {"title": TITLES[service.name], "package": PACKAGES[service.name]}
    paginators = [_paginator(service, paginator) for paginator in service.paginators.values()]
    waiters = [_waiter(service, waiter) for waiter in service.waiters.values()]
    made = {"paginator.py": _PAGINATORS.format(**names) + "".join(paginators)}
    return made | ({"waiter.py": _WAITERS.format(**names) + "".join(waiters)} if waiters else {})


def _paginator(service: Service, paginator: Paginator) -> str:
    operation = service.operations[paginator.operation]
    request = f"{operation.input}Paginate"
    parameters = of_paginator(service, paginator, _GIVEN, "PaginatorConfigTypeDef")
    classes = [typed_dict(request, f"{operation.input} of all pages.", as_members(parameters))]
    for dialect in (SYNCHRONOUS, ASYNCHRONOUS):
        pages = f"{dialect.prefix}PageIterator[responses.{operation.output}]"
        classes.append(
            f"class {dialect.prefix}{paginator.operation}Paginator(Protocol):\n"
            f'    """Walks over the pages of {paginator.operation}."""\n'
            f"    def paginate(self, **parameters: Unpack[{request}]) -> {pages}:\n"
            f'        """The pages, asked for one after another as they are iterated over."""\n'
            "        ...\n"
        )
    return "\n".join(classes)


def _waiter(service: Service, waiter: Waiter) -> str:
    request = f"{waiter.name}Wait"
    parameters = of_waiter(service, waiter, _GIVEN, "WaiterConfigTypeDef")
    classes = [typed_dict(request, f"What {waiter.name} asks with {waiter.operation}.", as_members(parameters))]
    wanted = [f"{each.argument} is {each.expected}" for each in waiter.acceptors if each.state == "success"]
    for dialect in (SYNCHRONOUS, ASYNCHRONOUS):
        classes.append(
            f"class {dialect.prefix}{waiter.name}Waiter(Protocol):\n"
            f'    """Asks {waiter.operation} every {waiter.delay} seconds, at most {waiter.max_attempts} times."""\n'
            f"    {dialect.definition} wait(self, **parameters: Unpack[{request}]) -> None:\n"
            f'        """Return once {" or ".join(wanted)}. Raises WaiterError."""\n'
            "        ...\n"
        )
    return "\n".join(classes)
