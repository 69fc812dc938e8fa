"""Find the application that a command works on, and import it."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from clastic.application import Application
from clastic.describe import describe_callable, describe_type, shortest_path
from clastic.wiring import WiringError, did_you_mean

if TYPE_CHECKING:
    from clastic.config import Configuration

_PROJECT_FILE = "pyproject.toml"
_CONFIGURATION_SUFFIXES = (".toml", ".ini", ".cfg")
_DEFAULT_FILES = ("app.py", "wsgi.py")
_DEFAULT_NAMES = ("app", "application", "create_app")
_LIBRARY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


class TargetError(Exception):
    """A target does not lead to an application; the message is one line."""


class Target(NamedTuple):
    """Where to find an application.

    :param module: the full name of a module
    :param name: the name of the application or of a function that returns it; empty for the
        usual names
    :param folder: the absolute path of the folder to import the module from
    :param place: how messages refer to the module: its file or its name
    """

    module: str
    name: str
    folder: str
    place: str


class Loaded(NamedTuple):
    """An application, and the folder of the module that defines it."""

    application: Application
    folder: Path

    @property
    def static_folder(self) -> str | None:
        """The path of the folder ``static`` beside the module, if it exists."""
        folder = self.folder / "static"
        return str(folder) if folder.is_dir() else None


def load(text: str | None, overrides: Sequence[str] = ()) -> Loaded:
    """Import the application of a target, or construct that of a configuration file.

    :param text: the target as it was written; `None` for the default
    :param overrides: values that replace those of a configuration file
    :raises TargetError: if it does not lead to an application
    :raises ConfigurationError: if it is a configuration file with mistakes
    :raises Exception: what the code of the application raises
    """
    configuration = load_configuration(text, overrides)
    if configuration is not None:
        application = configuration.application()
        if not isinstance(application, Application):
            raise TargetError(
                f"{shortest_path(str(configuration.path))} makes {describe_type(application)}, "
                f"not an Application{_remedy(application)}"
            )
        return Loaded(application, configuration.path.parent)
    target = find_target(_default_text() if text is None else text)
    module = _import(target)
    application = _application_of(_find_value(module, target), target)
    return Loaded(application, Path(module.__file__ or target.folder).absolute().parent)


def load_configuration(text: str | None, overrides: Sequence[str] = ()) -> Configuration | None:
    """Return the configuration file that a target names, or `None` if it names another file.

    The parameters and errors are those of :func:`load`; nothing is constructed.
    """
    path = find_configuration(text)
    if path is None:
        if overrides:
            raise TargetError(f"--set needs a configuration file, not {text or _default_text()}")
        return None
    from clastic.config import load as read  # most targets are not configuration files

    return read(path, overrides)


def find_configuration(text: str | None) -> str | None:
    """Return the path of a target that is a configuration file, `None` for other targets."""
    text = _default_text() if text is None else text
    return os.path.abspath(text) if text.endswith(_CONFIGURATION_SUFFIXES) else None


def find_target(text: str) -> Target:
    """Return where a target is, without importing it.

    :raises TargetError: if it has no valid form, or its file does not exist
    """
    place, name = _split(text)
    if name.endswith("()"):
        name = name[:-2]
    if name and not all(map(str.isidentifier, name.split("."))):
        raise TargetError(f"{text!r} does not end in the name of an application. Write {place}:app")
    if place.endswith(".py") or os.sep in place or (os.path.isdir(place) and not name):
        return _target_in_file(Path(place), name)
    if not all(map(str.isidentifier, place.split("."))):
        raise TargetError(f"{text!r} is not a valid target. Write module:app, file.py or file.toml")
    return Target(place, name, os.getcwd(), place)


def report_failure(error: Exception) -> None:
    """Print an exception of the application to standard error.

    The traceback begins in the code of the application. A :class:`WiringError` has no use for one:
    it names the place of each problem.
    """
    if isinstance(error, WiringError):
        print(error, file=sys.stderr)
    else:
        print_traceback(error)


def print_traceback(error: Exception) -> None:
    """Print a traceback that begins in the code of the application."""
    frame = error.__traceback__
    while frame is not None and not is_own_code(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame)


def is_own_code(filename: str) -> bool:
    """Return whether a file is neither part of Clastic nor of the import system."""
    return not filename.startswith((_LIBRARY, "<frozen importlib")) and filename != (
        importlib.__file__
    )


def _split(text: str) -> tuple[str, str]:
    """Return the module or file, and the name after the last colon, which may be empty."""
    place, colon, name = text.rpartition(":")
    if not colon or name[:1] in ("\\", "/"):  # the colon of a drive
        return text, ""
    return place, name


def _default_text() -> str:
    """Return the target that is used if none is written."""
    value = _project_value()
    found = [value] if value else [name for name in _DEFAULT_FILES if os.path.isfile(name)]
    if not found:
        raise TargetError(
            f"there is no {' or '.join(_DEFAULT_FILES)} here, and no 'app' in [tool.clastic] of "
            f"{_PROJECT_FILE}. Name the application, such as file.py or module:app"
        )
    return found[0]


def _project_value() -> str | None:
    """Return ``app`` of the table ``[tool.clastic]`` of the project file, if there is one."""
    try:
        text = Path(_PROJECT_FILE).read_text("utf-8")
    except FileNotFoundError:
        return None
    if "tool.clastic" not in text:
        return None
    parser = _toml_parser()
    try:
        value = parser.loads(text).get("tool", {}).get("clastic", {}).get("app")
    except parser.TOMLDecodeError as error:
        raise TargetError(f"{_PROJECT_FILE}: {error}") from error
    if value is not None and not isinstance(value, str):
        raise TargetError(f"{_PROJECT_FILE}: 'app' in [tool.clastic] is not a string")
    return value


def _toml_parser() -> Any:
    name = "tomllib" if sys.version_info >= (3, 11) else "tomli"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise TargetError(
            f"{_PROJECT_FILE} needs a TOML parser on Python 3.10. Install it: "
            "pip install 'clastic[config]'"
        ) from None


def _target_in_file(path: Path, name: str) -> Target:
    """Return the target in a file, whose module has the name that imports give it."""
    if path.is_dir():
        raise TargetError(f"{path} is a folder. Name a file in it, such as {path / 'app.py'}")
    if not path.is_file():
        names = [each.name for each in path.parent.glob("*.py")]
        suggestion = did_you_mean(path.name, sorted(names))
        raise TargetError(f"there is no file {path}. {suggestion}".rstrip())
    path = path.absolute()
    if path.suffix != ".py" or "." in path.stem:
        raise TargetError(f"{path.name} cannot be imported: the name of a module is name.py")
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return Target(".".join(parts), name, str(folder), shortest_path(str(path)))


def _import(target: Target) -> ModuleType:
    if sys.path[:1] != [target.folder]:
        sys.path.insert(0, target.folder)
    try:
        module = importlib.import_module(target.module)
    except ModuleNotFoundError as error:
        # Another name is a module that the application imports.
        if error.name is None or not f"{target.module}.".startswith(f"{error.name}."):
            raise
        parent, _, last = error.name.rpartition(".")
        suggestion = did_you_mean(last, _module_names(parent, target.folder))
        raise TargetError(f"no module {error.name!r}. {suggestion}".rstrip()) from None
    file = getattr(module, "__file__", None)
    if target.place != target.module and not _is_same_file(file, target.place):
        raise TargetError(
            f"{target.place} cannot be imported as {target.module!r}, which is "
            f"{file or 'a module of Python'}. Rename it"
        )
    return module


def _is_same_file(file: str | None, other: str) -> bool:
    return file is not None and os.path.samefile(file, other)


def _module_names(package: str, folder: str) -> Iterator[str]:
    """Return the names of the modules in a package, or in a folder if the package is empty."""
    paths = getattr(sys.modules[package], "__path__", ()) if package else [folder]
    return (module.name for module in iter_modules(paths))


def _find_value(module: ModuleType, target: Target) -> Any:
    """Return the application of a module, or the function that makes it."""
    if not target.name:
        return _find_usual(module, target)
    value: Any = module
    place = target.place
    for name in target.name.split("."):
        if not hasattr(value, name):
            suggestion = did_you_mean(name, dir(value)) or _offer(_candidates(value))
            raise TargetError(f"{place} has no {name!r}. {suggestion}".rstrip())
        value, place = getattr(value, name), f"{place}:{name}"
    return value


def _find_usual(module: ModuleType, target: Target) -> Any:
    for name in _DEFAULT_NAMES:
        if hasattr(module, name):
            return getattr(module, name)
    found = [name for name, value in vars(module).items() if isinstance(value, Application)]
    if len(found) == 1:
        return getattr(module, found[0])
    offer = _offer(found) or f"Name the application, such as {target.place}:site"
    raise TargetError(f"{target.place} has none of {', '.join(_DEFAULT_NAMES)}. {offer}")


def _candidates(value: Any) -> list[str]:
    """Return the names of applications, and of functions that seem to return one."""
    return [
        name
        for name, each in getattr(value, "__dict__", {}).items()
        if isinstance(each, Application)
        or (inspect.isfunction(each) and name.startswith(("create", "make", "build")))
    ]


def _offer(names: Sequence[str]) -> str:
    return f"It has {', '.join(names)}" if names else ""


def _application_of(value: Any, target: Target) -> Application:
    """Return an application, or call the function that returns it."""
    if isinstance(value, Application):
        return value
    is_function = inspect.isroutine(value) or isinstance(value, (type, partial))
    needed = _required_arguments(value) if is_function else []
    if not is_function or needed == ["environ", "start_response"]:
        place = f"{target.place}:{target.name}" if target.name else target.place
        raise TargetError(f"{place} is {describe_type(value)}, not an Application{_remedy(value)}")
    if needed:
        raise TargetError(
            f"{describe_callable(value)} needs {', '.join(map(repr, needed))}. "
            "Pass it in a configuration file, or name a function that needs no arguments"
        )
    result = value()
    if not isinstance(result, Application):
        raise TargetError(
            f"{describe_callable(value)} returns {describe_type(result)}, not an Application"
        )
    return result


def _remedy(value: Any) -> str:
    """Return what to do with a WSGI application that is not of Clastic."""
    return ". Embed it: Application([('/', RerouteWSGI(...))])" if callable(value) else ""


def _required_arguments(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        each.name for each in parameters if each.default is each.empty and each.kind not in kinds
    ]
