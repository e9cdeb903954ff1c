"""The reference explains every public name of the SDK, in pages whose links, anchors and code are right."""

from __future__ import annotations

import inspect
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from model_values import SERVICES, illegal_cases
from tools.codegen.naming import CLASS_PREFIXES, PACKAGES, earlier_literals, earlier_type_defs, snake_case
from tools.codegen.usage import usage
from tools.reference.__main__ import pages, write
from tools.reference.facts import facts
from tools.reference.names import MODULES

from wharfside.core import errors
from wharfside.core.errors import RegistryError
from wharfside_sdk.model.errors import InvalidRequest
from wharfside_sdk.model.ir import Enum, Scalar, ServiceName, Structure, load
from wharfside_sdk.model.validators import request_validator

services = pytest.mark.parametrize("service", SERVICES)
made = cache(pages)


def _module(service: ServiceName, name: str) -> ModuleType | None:
    path = f"wharfside_sdk.{PACKAGES[service]}.{name}"
    return import_module(path) if find_spec(path) else None


def _public_names(service: ServiceName) -> Iterator[tuple[str, str]]:
    """What modules hold at run time, apart from what they import."""
    for name in MODULES:
        module = _module(service, name)
        for key in dir(module) if module else ():
            value = getattr(module, key)
            is_own = getattr(value, "__module__", None) == module.__name__ if module else False
            is_alias = name in ("literals", "type_defs", "models") and not isinstance(value, ModuleType)
            if key[0] != "_" and (is_own or (is_alias and key[0].isupper())):
                yield name, key


_IMPORTED = {"Any", "IO", "Literal", "Mapping", "NotRequired", "Sequence", "TypeAlias", "TypedDict", "Union"}


@services
def test_every_public_name_is_explained(service: ServiceName) -> None:
    text = "\n".join(made(service).values())
    names = [(module, name) for module, name in _public_names(service) if name not in _IMPORTED]
    assert len(names) > (1_000 if service == "ecr" else 300)
    explained = set(re.findall(r"`(\w+)`", text))
    assert {(module, name) for module, name in names if name not in explained} == set()


@services
def test_every_member_of_the_clients_is_explained(service: ServiceName) -> None:
    rows = dict(re.findall(r'^\| <a id="\w+"></a>`(\w+)` \| (.+) \|$', made(service)["client.md"], re.MULTILINE))
    for module, dialect in (("client", ""), ("aio", "Async")):
        client = getattr(_module(service, module), f"{dialect}{CLASS_PREFIXES[service]}Client")
        public = [name for name in dir(client) if name[0] != "_"]
        assert len(public) > 20
        for name in public:
            assert rows[name]


@services
def test_every_operation_shape_paginator_and_waiter_has_a_page(service: ServiceName) -> None:
    model = load(service)
    wanted = {f"operations/{name}" for name in model.operations}
    wanted |= {f"paginators/{name}Paginator" for name in model.paginators}
    wanted |= {f"waiters/{name}Waiter" for name in model.waiters}
    for shape in model.shapes.values():
        if isinstance(shape, Enum):
            wanted.add(f"literals/{shape.name}Type")
        if isinstance(shape, Structure):
            wanted.add(f"{'structures' if shape.http_status is None else 'exceptions'}/{shape.name}")
    assert {path.removesuffix(".md") for path in made(service) if "/" in path} == wanted


@services
def test_every_member_of_a_structure_is_explained_with_its_constraints(service: ServiceName) -> None:
    model = load(service)
    for structure in (shape for shape in model.shapes.values() if isinstance(shape, Structure)):
        if structure.http_status is not None:
            continue
        page = made(service)[f"structures/{structure.name}.md"]
        rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
        for field in structure.fields:
            shape = model.shapes[field.shape]
            if structure.name in usage(model).requests and isinstance(shape, Scalar) and shape.pattern:
                assert "`" + shape.pattern.replace("|", "\\|") + "`" in rows[field.name]
            assert len(rows[field.name].rpartition(" | ")[2]) > len("A. |"), f"{structure.name}.{field.name}"


@services
def test_indexes_have_the_anchors_of_the_stubs_documentation(service: ServiceName) -> None:
    model, anchors = load(service), {path: re.findall(r'<a id="(\S+)">', page) for path, page in made(service).items()}
    for path, found in anchors.items():
        assert len(set(found)) == len(found), path
    type_defs, literals = earlier_type_defs(model), earlier_literals(model)
    assert {name.lower() for pair in type_defs.items() for name in pair} <= set(anchors["type_defs.md"])
    assert {name.lower() for pair in literals.items() for name in pair} <= set(anchors["literals.md"])
    assert {f"{name}Paginator".lower() for name in model.paginators} <= set(anchors["paginators.md"])
    assert {f"{name}Waiter".lower() for name in model.waiters} <= set(anchors.get("waiters.md", ()))
    assert {snake_case(name) for name in model.operations} <= set(anchors["client.md"])


@services
def test_links_lead_to_pages(service: ServiceName) -> None:
    guides = Path(__file__).parents[3] / "docs" / "reference" / "service"
    for path, page in made(service).items():
        for target in re.findall(r"\]\(([^)#]+\.md)\)", page):
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            assert found in made(service) or (guides / found).resolve().is_file(), f"{path}: {target}"


@services
def test_code_compiles(service: ServiceName) -> None:
    for path, page in made(service).items():
        for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
            compile(block, path, "exec")


def test_code_in_the_documentation_compiles() -> None:
    """What the blocks do is for the tests of what they are about; here a block that is no Python is found."""
    docs = Path(__file__).parents[3] / "docs"
    blocks = [
        (page, block)
        for page in sorted(docs.rglob("*.md"))
        if "_build" not in page.parts
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    ]
    assert len(blocks) > 5
    for page, block in blocks:
        compile(block, str(page), "exec")


def test_facts_are_of_something_that_there_is() -> None:
    shapes = {name: shape for service in SERVICES for name, shape in load(service).shapes.items()}
    fields = {
        f"{shape.name}.{field.name}"
        for service in SERVICES
        for shape in load(service).shapes.values()
        if isinstance(shape, Structure)
        for field in shape.fields
    }
    operations = {name for service in SERVICES for name in load(service).operations}
    values = {
        f"{s.name}.{v}"
        for service in SERVICES
        for s in load(service).shapes.values()
        if isinstance(s, Enum)
        for v in s.values
    }
    members = fields | {name.partition(".")[2] for name in fields}
    for service in SERVICES:
        known = facts(service)
        assert known.operations.keys() <= operations
        assert (
            known.structures.keys() | known.errors.keys() | known.literals.keys() | known.patterns.keys()
            <= shapes.keys()
        )
        assert known.members.keys() | known.defaults.keys() <= members
        assert known.values.keys() <= values
        assert known.not_yet <= load(service).operations.keys()
        codes = known.errors.keys() | known.any_call.keys()
        for key in known.texts:
            code, _, operation = key.partition(".")
            assert code in codes
            assert operation in {"", "*", *operations}


_REFUSALS = [
    pytest.param(function, id=name)
    for name, function in inspect.getmembers(errors, inspect.isfunction)
    # These take a part of the text as it is.
    if name[0] != "_" and name not in ("invalid_parameter", "access_denied", "kms_exception")
]


@pytest.mark.parametrize("refusal", _REFUSALS)
def test_texts_of_errors_are_those_that_the_registry_gives(refusal: Any) -> None:
    wanted = [each for each in inspect.signature(refusal).parameters.values() if each.default is each.empty]
    given: dict[str, Any] = {}
    for number, parameter in enumerate(wanted, 7_000):
        stands_for = number if parameter.annotation == "int" else f"{{{parameter.name}}}"
        given[parameter.name] = [stands_for] if "Iterable" in parameter.annotation else stands_for
    error: RegistryError = refusal(**given)
    text = error.message
    for parameter, value in given.items():
        text = text.replace(str(value), f"{{{parameter}}}")
    assert text in facts("ecr").error_texts(error.code), "say so in tools/reference/errors.toml"


@services
def test_texts_of_refused_parameters_have_a_documented_form(service: ServiceName) -> None:
    forms = [re.escape(text) for text in facts(service).texts["InvalidParameterException.*"]]
    own = "|".join(load(service).wording.own)
    member = rf"(?:.+\.)?(?:{own})"
    forms = [re.sub(r"\\\{[a-z]+\\\}", ".+", form) for form in forms]
    forms = [form.replace("repositoryName", member).replace("registryId", member) for form in forms]
    pattern = re.compile("|".join(forms))
    seen = 0
    for case in illegal_cases(service):
        with pytest.raises(InvalidRequest) as refusal:
            request_validator(service, case.operation).validate_python(case.request)
        text = refusal.value.message
        assert pattern.fullmatch(text), text
        if case.path.count(".") == 1 and case.kind != "null item":
            structure = load(service).operations[case.operation].input
            assert f"- `{text}`\n" in made(service)[f"structures/{structure}.md"]
        seen += 1
    assert seen > 100


def test_pages_that_are_no_longer_made_go_and_others_are_not_touched(tmp_path: Path) -> None:
    write("ecr-public", tmp_path)
    left, kept = tmp_path / "operations" / "Left.md", tmp_path / "operations" / "PutImage.md"
    left.write_text("left over")
    before = kept.stat().st_mtime_ns
    write("ecr-public", tmp_path)
    assert not left.exists()
    assert kept.stat().st_mtime_ns == before
