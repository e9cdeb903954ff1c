"""Code that makes its own boto3 clients, led to a registry by the variables that every AWS SDK reads."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, aclosing, contextmanager
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from wharfside.testing.isolated import DEFAULT_REGION, MISLEADING, Registry, registry

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@contextmanager
def environment_of(account: Registry) -> Generator[None]:
    """Point the environment of this process at an account, and put back afterwards what was there.

    boto3 keeps the keys that it found first in its default session, so that is a new one meanwhile.
    """
    variables = account.variables()
    before = {name: os.environ.get(name) for name in (*variables, *MISLEADING)}
    _set(variables | dict.fromkeys(MISLEADING))
    session = _exchange_default_session(None)
    try:
        yield
    finally:
        _exchange_default_session(session)
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, text in variables.items():
        if text is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = text


def _exchange_default_session(session: Any) -> Any:
    """Give boto3 another default session; the one it had. Without boto3 there is none."""
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return None
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session
    return before


@contextmanager
def _used_registry(account: str | None, region: str) -> Generator[Registry]:
    with registry(account=account, region=region) as opened, environment_of(opened):
        yield opened


class UseRegistry:
    """What `use_registry()` gives: a decorator, and a context manager. Either can be used many times, also nested."""

    def __init__(self, account: str | None, region: str) -> None:
        self._account = account
        self._region = region
        self._entered: list[AbstractContextManager[Registry]] = []

    def _context(self) -> AbstractContextManager[Registry]:
        return _used_registry(self._account, self._region)

    def __enter__(self) -> Registry:
        context = self._context()
        opened = context.__enter__()
        self._entered.append(context)
        return opened

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered.pop().__exit__(kind, error, traceback)

    def __call__(self, decorated: Decorated) -> Decorated:
        if isinstance(decorated, type):
            self._decorate_class(cast("type[Any]", decorated))
            return cast("Decorated", decorated)
        return cast("Decorated", self._wrap(decorated))

    def _decorate_class(self, decorated: type[Any]) -> None:
        from unittest import TestCase

        if issubclass(decorated, TestCase):
            # It encloses setUp, the test, tearDown and the cleanups.
            decorated.run = self._wrap(decorated.run)
            return
        names = [name for name in dir(decorated) if name.startswith("test") and callable(getattr(decorated, name))]
        if not names:
            raise TypeError(f"use_registry: {decorated.__name__} has no method whose name begins with 'test'")
        for name in names:
            method: Any = inspect.getattr_static(decorated, name)
            if inspect.isfunction(method):
                setattr(decorated, name, self._wrap(method))
            else:  # static or of the class
                setattr(decorated, name, type(method)(self._wrap(method.__func__)))

    def _wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same kind of function, which runs with the registry from its start to its end."""
        if not (inspect.isfunction(function) or inspect.ismethod(function)):
            raise TypeError(f"use_registry takes functions and classes, not {function!r}: put it next to the function")

        @wraps(function)
        def plain(*args: Any, **kwargs: Any) -> Any:
            with self._context():
                return function(*args, **kwargs)

        @wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with self._context():
                items: Generator[Any, Any, Any] = function(*args, **kwargs)
                return (yield from items)

        @wraps(function)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with self._context():
                return await function(*args, **kwargs)

        @wraps(function)
        async def async_generator(*args: Any, **kwargs: Any) -> Any:
            with self._context():
                async with aclosing(function(*args, **kwargs)) as items:
                    async for item in items:
                        yield item

        if inspect.isasyncgenfunction(function):
            return async_generator
        if inspect.iscoroutinefunction(function):
            return coroutine
        return generator if inspect.isgeneratorfunction(function) else plain


@overload
def use_registry(decorated: Decorated, /) -> Decorated: ...
@overload
def use_registry(*, account: str | None = None, region: str = DEFAULT_REGION) -> UseRegistry: ...
def use_registry(
    decorated: Decorated | None = None, /, *, account: str | None = None, region: str = DEFAULT_REGION
) -> Decorated | UseRegistry:
    """Lead code that makes its own clients to a registry, with a new account each time or the one that is named.

    As a decorator, of functions (also async ones and generators, such as fixtures of pytest) and of classes, or as a
    context manager that gives the `Registry`:

        @use_registry
        def test_deploys(): ...

        with use_registry(region="eu-west-1") as account: ...

    Meanwhile the environment of the whole process holds the keys, the region and the addresses of ECR and STS. On a
    `unittest.TestCase`, each test has an account of its own, from `setUp` to the last cleanup. Of another class each
    method whose name begins with `test` is decorated. Raises what `registry` raises.
    """
    used = UseRegistry(account, region)
    return used if decorated is None else used(decorated)
