"""Serve folders of files as an application, and a single file as a route."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NoReturn as Never  # Python 3.10 has no Never

from clastic.application import Application
from clastic.arguments import refuse_misspelt
from clastic.errors import ErrorHandler, Forbidden, HTTPException, NotFound
from clastic.http import Request, Response
from clastic.middleware.base import Middleware
from clastic.pattern import split_path
from clastic.routing import GET, Route
from clastic.static.files import find, is_absent
from clastic.static.responses import FileResponder

_Path = str | os.PathLike[str]


class StaticApplication(Application):
    """Serve the files below one or more folders: ``("/static", StaticApplication("static"))``.

    A file that does not exist or must not be served is a non-breaking error: several static
    applications, or other routes, can share a prefix. Symbolic links are followed as long as they
    stay inside of their folder. Folders are not listed.

    :param search_paths: one folder or several, of which the first that has a file serves it; a
        relative path is relative to the current working directory
    :param check_paths: raise an error if a folder does not exist
    :param cache_timeout: the seconds for which clients may use a file without asking again; by
        default they ask each time, and get a 304 if it has not changed
    :param default_text_mime: the media type of text files of an unknown extension
    :param default_binary_mime: the media type of other files of an unknown extension
    :param precompressed: whether ``style.css.br`` and ``style.css.gz``, unless older than
        ``style.css``, are sent in its place to clients that accept them
    :param middlewares: as for :class:`~clastic.application.Application`
    :param error_handler: as for :class:`~clastic.application.Application`
    :raises ValueError: a folder does not exist, none was given, or `cache_timeout` is negative
    """

    def __init__(
        self,
        search_paths: _Path | Iterable[_Path],
        check_paths: bool = True,
        cache_timeout: int | None = None,
        default_text_mime: str = "text/plain",
        default_binary_mime: str = "application/octet-stream",
        *,
        precompressed: bool = True,
        middlewares: Sequence[Middleware] | None = None,
        error_handler: ErrorHandler | None = None,
        **misspelt: Never,
    ) -> None:
        refuse_misspelt("StaticApplication(...)", StaticApplication.__init__, misspelt)
        self.search_paths = _absolute_paths(search_paths)
        if check_paths:
            _check_folders(self.search_paths)
        self._responder = FileResponder(
            cache_timeout, default_text_mime, default_binary_mime, precompressed=precompressed
        )
        super().__init__(
            [GET("/<path*>", self.get_file_response, falls_through=True)],
            middlewares=middlewares,
            error_handler=error_handler,
        )

    def get_file_response(self, path: str | Sequence[str], request: Request) -> Response:
        """Return the response with the file that `path` leads to.

        :param path: names of folders and of the file, as a list or joined by slashes
        :raises NotFound: there is no such file; non-breaking
        :raises Forbidden: the file must not or cannot be read; non-breaking
        """
        refusal: type[HTTPException] = NotFound
        if isinstance(path, str):
            path = split_path(path).segments
        if not path:
            raise refusal(is_breaking=False)
        for root in self.search_paths:
            try:
                with find(root, path) as found:
                    return self._responder.respond(found, path[-1], request.environ)
            except OSError as error:
                if isinstance(_refusal_of(error), Forbidden):
                    refusal = Forbidden
        raise refusal(is_breaking=False)


class MissingFileError(ValueError, FileNotFoundError):
    """The file of a :class:`StaticFileRoute` does not exist."""


class StaticFileRoute(Route):
    """Serve one file at a GET route: ``StaticFileRoute("/favicon.ico", "favicon.ico")``.

    :param pattern: where the file is served
    :param file_path: the file, which may be a symbolic link to anywhere; a relative path is
        relative to the current working directory
    :param check_file: raise an error if the file does not exist
    :param cache_timeout: as for :class:`StaticApplication`
    :param mimetype: the media type; by default that of the file's extension or content
    :param precompressed: as for :class:`StaticApplication`
    :param middlewares: as for :class:`~clastic.routing.Route`
    :raises MissingFileError: the file does not exist
    :raises ValueError: `cache_timeout` is negative
    """

    def __init__(
        self,
        pattern: str,
        file_path: _Path,
        check_file: bool = True,
        cache_timeout: int | None = None,
        mimetype: str | None = None,
        *,
        precompressed: bool = True,
        middlewares: Sequence[Middleware] | None = None,
        **misspelt: Never,
    ) -> None:
        refuse_misspelt(f"StaticFileRoute({pattern!r}, ...)", StaticFileRoute.__init__, misspelt)
        self.file_path = os.path.abspath(os.fspath(file_path))
        if check_file and not os.path.isfile(self.file_path):
            raise MissingFileError(
                f"There is no file {self.file_path!r} to serve at {pattern!r}. "
                "Create it, or pass check_file=False to respond 404 until it exists."
            )
        self._responder = FileResponder(
            cache_timeout, precompressed=precompressed, media_type=mimetype
        )
        super().__init__(
            pattern,
            self.get_file_response,
            methods=["GET"],
            middlewares=middlewares,
            falls_through=True,
        )

    def get_file_response(self, request: Request) -> Response:
        """Return the response with the file.

        :raises NotFound: there is no such file; non-breaking
        :raises Forbidden: the file cannot be read; non-breaking
        """
        folder, name = os.path.split(self.file_path)
        try:
            with find(folder, [name], is_confined=False) as found:
                return self._responder.respond(found, name, request.environ)
        except OSError as error:
            raise _refusal_of(error) from error


def _absolute_paths(search_paths: _Path | Iterable[_Path]) -> tuple[str, ...]:
    if isinstance(search_paths, (str, os.PathLike)):
        search_paths = [search_paths]
    paths = tuple(os.path.abspath(os.fspath(path)) for path in search_paths)
    if not paths:
        raise ValueError("search_paths is empty. Pass at least one folder.")
    return paths


def _check_folders(paths: Sequence[str]) -> None:
    missing = [repr(path) for path in paths if not os.path.isdir(path)]
    if missing:
        raise ValueError(
            f"No such folder to serve files from: {', '.join(missing)}. "
            "Create it, or pass check_paths=False to respond 404 until it exists."
        )


def _refusal_of(error: OSError) -> HTTPException:
    """Return the HTTP error for a file that is absent or not permitted; raise any other `error`."""
    if isinstance(error, PermissionError):
        return Forbidden(is_breaking=False)
    if is_absent(error):
        return NotFound(is_breaking=False)
    raise error
