"""Makes `results`, what a server's handlers give, and `views`, what the answers of any client have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tools.codegen.annotations import Spelling, annotation, literals_import, typed_dict
from tools.codegen.naming import TITLES, literal_name
from tools.codegen.usage import usage
from wharfside_sdk.model.ir import Field, Service

_RESULTS = '''"""What handlers of {service}'s operations give, before it becomes JSON: times are seconds since 1970.

A member that is not `NotRequired` is in every answer of a Wharfside, as `responses` tells its readers.
"""
from typing import NotRequired, TypedDict

{literals}


'''
_VIEWS = '''"""What the answers of any client of {service} have in common: boto3's, aiobotocore's and the SDK's own.

Members are read-only and lists any sequence. Required is only what all of them promise; enums are open.
"""
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import ReadOnly, TypedDict

{literals}


class ResponseMetadata(TypedDict):
    """What an answer says of itself."""

    RequestId: ReadOnly[str]
    HTTPStatusCode: ReadOnly[int]
    HTTPHeaders: ReadOnly[Mapping[str, str]]
    RetryAttempts: ReadOnly[int]
    HostId: NotRequired[ReadOnly[str]]


'''
_LATER = frozenset({("ReplicationRule", "deleteReplication")})
"""Members that today's stubs of boto3 or of aiobotocore lack: no view of all clients' answers can have them."""


def files(service: Service) -> Mapping[str, str]:
    """Both modules of one service."""
    names = {"service": TITLES[service.name], "literals": literals_import(service)}
    open_enum = Spelling(str, lambda name: f"{literal_name(name)} | str", timestamp="float")
    results = _classes(service, open_enum, lambda _, field: field.always, "{}")
    view = Spelling(str, open_enum.enum, sequence="Sequence", mapping="Mapping")
    metadata = [("ResponseMetadata", "ReadOnly[ResponseMetadata]")]
    views = _classes(service, view, _in_every_client, "ReadOnly[{}]", metadata)
    # Of what keys may be, a mapping's type allows nothing else, and an enum is open in some clients only.
    views = re.sub(r"Mapping\[\w+ \| str,", "Mapping[Any,", views)
    return {"results.py": _RESULTS.format(**names) + results, "views.py": _VIEWS.format(**names) + views}


def _in_every_client(is_output: bool, field: Field) -> bool:
    """Stubs have as present what the model demands, and of an operation's output all but the token of the next page."""
    return field.always and field.name != "nextToken" if is_output else field.required


def _classes(
    service: Service,
    spelling: Spelling,
    is_present: Callable[[bool, Field], bool],
    form: str,
    of_output: list[tuple[str, str]] | None = None,
) -> str:
    used = usage(service)
    left_out = _LATER if of_output else frozenset[tuple[str, str]]()
    classes: list[str] = []
    for name in (name for name in used.order if name in used.responses):
        members: list[tuple[str, str]] = []
        for field in (field for field in service.structure(name).fields if (name, field.name) not in left_out):
            text = form.format(annotation(service, field.shape, spelling))
            members.append((field.name, text if is_present(name in used.outputs, field) else f"NotRequired[{text}]"))
        members += (of_output or []) if name in used.outputs else []
        classes.append(typed_dict(name, f"{name} in answers.", members))
    return "".join(classes)
