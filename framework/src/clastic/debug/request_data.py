"""What a request brought, as a debug page shows it, and the secrets in that."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from clastic.debug.values import CUT, NamedText
from clastic.http import BaseRequest
from clastic.secrets import MASK, Secrets
from clastic.text import to_text

# How many fields of one kind are shown, and how many characters of one.
_MOST_FIELDS = 100
_LONGEST_FIELD = 1_000

# The largest body, in bytes, that is read for the form in it where the application has not.
_LARGEST_FORM = 65_536

# Cookies have short settings more often than short secrets.
_SHORTEST_COOKIE = 8


@dataclass(frozen=True)
class RequestData:
    """A request.

    :param method: its method
    :param url: all of its URL
    :param remote_address: where it came from
    :param headers: name and value, in order
    :param query: the fields of the query string
    :param form: the fields of the form
    :param files: the files in the form: the field, then the name and the type of the file
    :param cookies: the names of its cookies; their values are masked, all of them
    """

    method: str
    url: str
    remote_address: str
    headers: tuple[NamedText, ...]
    query: tuple[NamedText, ...]
    form: tuple[NamedText, ...]
    files: tuple[NamedText, ...]
    cookies: tuple[NamedText, ...]


def read_request(request: BaseRequest, secrets: Secrets) -> RequestData:
    """Return what `request` brought.

    :param secrets: what not to show
    """
    form, files = _form_of(request)
    return RequestData(
        method=to_text(request.method),
        url=to_text(secrets.mask(_url_of(request), _LONGEST_FIELD)),
        remote_address=to_text(request.remote_addr or "an unknown address"),
        headers=_shown(request.headers, secrets),
        query=_shown(request.args.items(multi=True), secrets),
        form=_shown(form.items(multi=True), secrets),
        files=_shown(
            (
                (name, f"{file.filename} ({file.content_type})")
                for name, file in files.items(multi=True)
            ),
            secrets,
        ),
        cookies=_shown(((name, MASK) for name in request.cookies), secrets),
    )


def search_request(request: BaseRequest, secrets: Secrets) -> None:
    """Search `request` for secrets: its environ, its fields, and who it says it is."""
    form, _ = _form_of(request)
    secrets.add_named(request.environ, request.args, form)
    for value in request.cookies.values():
        secrets.add(value, _SHORTEST_COOKIE)
    authorization = request.authorization
    if authorization is not None:
        for secret in (authorization.token, authorization.password, authorization.response):
            secrets.add(secret or "")


def _form_of(request: BaseRequest) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    """Return the fields and the files of the form, if they are read or can be in no time."""
    if "form" in vars(request):
        return request.form, request.files
    if 0 < (request.content_length or 0) <= _LARGEST_FORM:
        with suppress(Exception):  # the error may be that it cannot be read
            form, files = request.form, request.files
            for file in files.values():
                file.close()  # nobody else knows of it
            return form, files
    return MultiDict(), MultiDict()


def _url_of(request: BaseRequest) -> str:
    try:
        return request.url
    except Exception:  # the host may be none that is trusted
        return request.path


def _shown(fields: Iterable[tuple[str, Any]], secrets: Secrets) -> tuple[NamedText, ...]:
    return tuple(
        NamedText(to_text(secrets.mask(name, _LONGEST_FIELD)), _value(name, value, secrets))
        for name, value in islice(fields, _MOST_FIELDS)
    )


def _value(name: str, value: str, secrets: Secrets) -> str:
    if value and secrets.is_secret_name(name):
        return MASK
    return to_text(secrets.mask(value, _LONGEST_FIELD)) + (
        CUT if len(value) > _LONGEST_FIELD else ""
    )
