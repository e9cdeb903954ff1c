"""Makes `type_defs`: TypedDicts that are assignable to and from those of today's stubs, under the names of all eras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter

from tools.codegen.annotations import Spelling, literals_import, members, response_metadata, typed_dict
from tools.codegen.naming import TITLES, Form, earlier_type_defs, literal_name, type_def_name
from tools.codegen.usage import Usage, usage
from wharfside_sdk.model.ir import Service

_HEAD = '''"""TypedDicts of {service}, assignable to and from those of mypy-boto3 and types-aiobotocore.

Importing them needs the standard library only. Other spellings, which older stubs had, stay as aliases at the end.
What an answer holds beside `nextToken` counts as present, as in those stubs; `responses` tells what really is.
"""
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, NotRequired, TypeAlias, TypedDict

{literals}

BlobTypeDef: TypeAlias = str | bytes | IO[Any] | Any
"""Content. `Any` stands for the stream classes of botocore and aiobotocore, which cannot be imported here."""


class PaginatorConfigTypeDef(TypedDict):
    """How a paginator shall page."""

    MaxItems: NotRequired[int]
    PageSize: NotRequired[int]
    StartingToken: NotRequired[str]


class WaiterConfigTypeDef(TypedDict):
    """How a waiter shall wait: the delay in seconds."""

    Delay: NotRequired[int]
    MaxAttempts: NotRequired[int]


'''


def files(service: Service) -> Mapping[str, str]:
    """The module `type_defs`."""
    head = _HEAD.format(service=TITLES[service.name], literals=literals_import(service))
    used = usage(service)
    classes = [head, response_metadata("ResponseMetadataTypeDef")]
    for name in used.order:
        if name not in used.inputs | used.outputs:
            classes += _part(service, used, name)
    classes += _answers(service, used)
    classes += _requests(service, used)
    classes += (f"{earlier} = {name}\n" for earlier, name in earlier_type_defs(service).items())
    return {"type_defs.py": "".join(classes)}


def _part(service: Service, used: Usage, name: str) -> Iterator[str]:
    """A structure that others hold, in one form for both sides unless Python types these differently."""
    fields = service.structure(name).fields
    if name in used.responses:
        answered = members(service, fields, _answered(used), attrgetter("required"))
        yield typed_dict(type_def_name(name, _form(used, name)), f"{name} in answers.", answered)
    if name in used.split or name not in used.responses:
        given = members(service, fields, _given(used, ""), attrgetter("required"))
        yield typed_dict(type_def_name(name), f"{name} in requests.", given)
    if name in used.unions:
        either = f"{type_def_name(name)} | {type_def_name(name, 'Output')}"
        yield f"{type_def_name(name, 'Union')}: TypeAlias = {either}\n\n\n"


def _answers(service: Service, used: Usage) -> Iterator[str]:
    for name in sorted(used.outputs):
        if fields := service.structure(name).fields:
            answered = members(service, fields, _answered(used), lambda field: field.name != "nextToken")
            answered.append(("ResponseMetadata", "ResponseMetadataTypeDef"))
            yield typed_dict(type_def_name(name), f"What is answered: {name}.", answered)


def _requests(service: Service, used: Usage) -> Iterator[str]:
    """The inputs of operations, also as paginators and waiters take them."""
    waited = {waiter.operation for waiter in service.waiters.values()}
    for operation in service.operations.values():
        name, fields = operation.input, service.structure(operation.input).fields
        given = members(service, fields, _given(used, "Union"), attrgetter("required"))
        if fields:
            yield typed_dict(type_def_name(name), f"What is asked: {name}.", given)
        if paginator := service.paginators.get(operation.name):
            kept = [each for each in given if each[0] not in (paginator.input_token, paginator.limit_key)]
            kept.append(("PaginationConfig", "NotRequired[PaginatorConfigTypeDef]"))
            yield typed_dict(type_def_name(name, "Paginate"), f"{name} of all pages.", kept)
        if operation.name in waited:
            given.append(("WaiterConfig", "NotRequired[WaiterConfigTypeDef]"))
            yield typed_dict(type_def_name(name, "Wait"), f"{name} until something is so.", given)


def _form(used: Usage, name: str) -> Form:
    return "Output" if name in used.split else ""


def _answered(used: Usage) -> Spelling:
    return Spelling(lambda name: type_def_name(name, _form(used, name)), literal_name)


def _given(used: Usage, form: Form) -> Spelling:
    return Spelling(
        lambda name: type_def_name(name, form if name in used.unions else ""),
        literal_name,
        sequence="Sequence",
        mapping="Mapping",
        blob="BlobTypeDef",
    )
