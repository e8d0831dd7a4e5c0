"""A class from a person's own Python file. Their code runs here, as if they had started the file themselves."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from cifar_core.errors import SpecError

_MODULE_NAME = "own_network_of_{stem}_{number}"


def is_own_module(target: str) -> bool:
    """Whether an argument names Python code: FILE.py or FILE.py:ClassName."""
    return target.partition(".py:")[1] != "" or target.endswith(".py")


@contextlib.contextmanager
def own_code(target: str) -> Iterator[Callable[[], object]]:
    """Gives the class that FILE.py:ClassName names; while it is in use its folder can be imported from.

    What the code prints goes to stderr, so that stdout stays what the command promises.

    Args:
        target: FILE.py:ClassName.

    Raises:
        SpecError: one sentence: the file cannot be read or run, or has no such class.
    """
    name, _, class_name = target.rpartition(":") if not target.endswith(".py") else (target, "", "")
    file = Path(name)
    if not class_name:
        raise SpecError(f"{target} names no class: write {target}:ClassName{_classes_told(file)}.")
    source = _source(file)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    module = _new_module(file)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _run(source, file, module)
            found = getattr(module, class_name, None)
            if not callable(found):
                raise SpecError(f"{file} has no class {class_name!r}{_classes_told(file)}.")
            yield found
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        sys.modules.pop(module.__name__, None)


def _source(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SpecError(f"{file} cannot be read: {error.strerror}.") from None


def _new_module(file: Path) -> ModuleType:
    """A module under a name that nothing else has, registered as classes such as dataclasses expect."""
    number = 0
    while (name := _MODULE_NAME.format(stem=file.stem, number=number)) in sys.modules:
        number += 1
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(file))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(file)
    sys.modules[name] = module
    return module


def _run(source: bytes, file: Path, module: ModuleType) -> None:
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except SyntaxError as error:
        raise SpecError(f"{file} is no valid Python: {error.msg} in line {error.lineno}.") from None
    except (Exception, SystemExit) as error:
        said = (str(error).strip().splitlines() or [""])[0].rstrip(".")
        raise SpecError(f"{file} cannot be imported: {type(error).__name__}: {said[:200]}.") from None


def _classes_told(file: Path) -> str:
    """The classes that the file's text defines, found without running it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return f" (it has {', '.join(names[:12])})" if names else ""
