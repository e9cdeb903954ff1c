"""Makes `responses`: what the SDK's clients answer, and what a Wharfside always answers."""

from __future__ import annotations

from collections.abc import Mapping

from tools.codegen.annotations import Spelling, annotation, literals_import, typed_dict
from tools.codegen.naming import TITLES, literal_name
from tools.codegen.usage import usage
from wharfside_sdk.model.ir import Service

_HEAD = '''"""What the clients of {service} answer: structures by the names that the service gives them.

A member that is not `NotRequired` is in every answer of a Wharfside. Enums that only answers hold are open, since a
newer server may say more; those of requests are closed, so that what an answer holds can be given back as it is.
"""
from datetime import datetime
from typing import NotRequired, TypedDict

{literals}


class ResponseMetadata(TypedDict):
    """What an answer says of itself."""

    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int
    HostId: NotRequired[str]


'''


def files(service: Service) -> Mapping[str, str]:
    """The module `responses`."""
    used = usage(service)
    head = _HEAD.format(service=TITLES[service.name], literals=literals_import(service))
    spelling = Spelling(str, lambda name: literal_name(name) + ("" if name in used.requests else " | str"))
    structures: list[str] = []
    for name in used.order:
        if name in used.responses:
            members: list[tuple[str, str]] = []
            for field in service.structure(name).fields:
                text = annotation(service, field.shape, spelling)
                members.append((field.name, text if field.always else f"NotRequired[{text}]"))
            if name in used.outputs:
                members.append(("ResponseMetadata", "ResponseMetadata"))
            structures.append(typed_dict(name, f"{name} as it is answered.", members))
    return {"responses.py": head + "".join(structures)}
