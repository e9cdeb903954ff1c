"""Makes `requests`: what the SDK's clients take. Read-only members, so that tuples and parts of answers fit too."""

from __future__ import annotations

from collections.abc import Mapping

from tools.codegen.annotations import Spelling, annotation, literals_import, typed_dict
from tools.codegen.naming import TITLES, literal_name
from tools.codegen.usage import usage
from wharfside_sdk.model.ir import Service

_HEAD = '''"""What the clients of {service} take: structures by the names that the service gives them.

Members are read-only and lists any sequence, so that what an answer holds can be given back as it is.
"""
from collections.abc import Sequence
from typing import NotRequired, Protocol, TypeAlias

from typing_extensions import ReadOnly, TypedDict

{literals}


class Readable(Protocol):
    """An open file, or anything else that gives all of its content."""

    def read(self) -> str | bytes:
        """The content."""
        ...


Blob: TypeAlias = str | bytes | bytearray | memoryview | Readable
"""Content; a string stands for its bytes in UTF-8."""


'''


def files(service: Service) -> Mapping[str, str]:
    """The module `requests`."""
    used = usage(service)
    head = _HEAD.format(service=TITLES[service.name], literals=literals_import(service))
    spelling = Spelling(str, literal_name, sequence="Sequence", mapping="Mapping", blob="Blob")
    structures: list[str] = []
    for name in used.order:
        if name in used.requests:
            members: list[tuple[str, str]] = []
            for field in service.structure(name).fields:
                text = f"ReadOnly[{annotation(service, field.shape, spelling)}]"
                members.append((field.name, text if field.required else f"NotRequired[{text}]"))
            structures.append(typed_dict(name, f"{name} as it is given.", members))
    return {"requests.py": head + "".join(structures)}
