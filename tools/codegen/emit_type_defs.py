"""Makes `type_defs`: TypedDicts that are assignable to and from those of today's stubs, under the names of all eras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tools.codegen.annotations import Spelling, annotation, literals_import, typed_dict
from tools.codegen.naming import TITLES, Form, earlier_type_defs, literal_name, type_def_name
from tools.codegen.usage import Usage, usage
from wharfside_sdk.model.ir import Field, Service

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


class ResponseMetadataTypeDef(TypedDict):
    """What an answer says of itself."""

    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int
    HostId: NotRequired[str]


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
    structures = (source for name in used.order for source in _structure(service, used, name))
    aliases = "\n".join(f"{earlier} = {name}" for earlier, name in earlier_type_defs(service).items())
    return {"type_defs.py": f"{head}{''.join(structures)}\n{aliases}\n"}


def _structure(service: Service, used: Usage, name: str) -> Iterator[str]:
    fields = service.structure(name).fields
    if not fields:
        return
    if name in used.inputs:
        yield from _request(service, used, name)
    elif name in used.outputs:
        members = [(field.name, _type(service, field, _answer(used), field.name != "nextToken")) for field in fields]
        members.append(("ResponseMetadata", "ResponseMetadataTypeDef"))
        yield typed_dict(type_def_name(name), f"What is answered: {name}.", members)
    else:
        yield from _part(service, used, name)


def _part(service: Service, used: Usage, name: str) -> Iterator[str]:
    fields = service.structure(name).fields
    if name in used.responses:
        form: Form = "Output" if name in used.split else ""
        members = [(field.name, _type(service, field, _answer(used), field.required)) for field in fields]
        yield typed_dict(type_def_name(name, form), f"{name} in answers.", members)
    if name in used.split or name not in used.responses:
        members = [(field.name, _type(service, field, _given(used, ""), field.required)) for field in fields]
        yield typed_dict(type_def_name(name), f"{name} in requests.", members)
    if name in used.unions:
        either = f"{type_def_name(name)} | {type_def_name(name, 'Output')}"
        yield f"{type_def_name(name, 'Union')}: TypeAlias = {either}\n\n\n"


def _request(service: Service, used: Usage, name: str) -> Iterator[str]:
    spelling = _given(used, "Union")

    def members(fields: Iterable[Field]) -> list[tuple[str, str]]:
        return [(field.name, _type(service, field, spelling, field.required)) for field in fields]

    every = service.structure(name).fields
    yield typed_dict(type_def_name(name), f"What is asked: {name}.", members(every))
    operations = {operation.name for operation in service.operations.values() if operation.input == name}
    for paginator in (service.paginators[each] for each in sorted(operations & service.paginators.keys())):
        kept = [field for field in every if field.name not in (paginator.input_token, paginator.limit_key)]
        config = [("PaginationConfig", "NotRequired[PaginatorConfigTypeDef]")]
        yield typed_dict(type_def_name(name, "Paginate"), f"{name} of all pages.", members(kept) + config)
    if any(waiter.operation in operations for waiter in service.waiters.values()):
        config = [("WaiterConfig", "NotRequired[WaiterConfigTypeDef]")]
        yield typed_dict(type_def_name(name, "Wait"), f"{name} until something is so.", members(every) + config)


def _answer(used: Usage) -> Spelling:
    return Spelling(lambda name: type_def_name(name, "Output" if name in used.split else ""), literal_name)


def _given(used: Usage, form: Form) -> Spelling:
    return Spelling(
        lambda name: type_def_name(name, form if name in used.unions else ""),
        literal_name,
        sequence="Sequence",
        mapping="Mapping",
        blob="BlobTypeDef",
    )


def _type(service: Service, field: Field, spelling: Spelling, required: bool) -> str:
    text = annotation(service, field.shape, spelling)
    return text if required else f"NotRequired[{text}]"
