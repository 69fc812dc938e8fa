"""Find the user of a request by a password, a token or a session, and ask the others to log in."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import urlencode

from werkzeug.security import check_password_hash

from clastic.describe import callable_name, describe_role
from clastic.errors import BadRequest, Forbidden, Unauthorized
from clastic.errors.formats import choose_format
from clastic.http import BaseResponse, redirect, root_of
from clastic.http.redirects import own_path
from clastic.middleware.base import Middleware
from clastic.signature import UnreadableSignature, read_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_REALM = re.compile(r"[ !#-\[\]-~]*")  # what a quoted string can have without escapes
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token of RFC 6750, section 2.1
_SAFE_NEXT = re.compile(r"/(?!/)[!-\[\]-~]*")  # visible ASCII without backslashes
_OWN = ("request", "_route")
# The hash of no password that is in use, with the default method of Werkzeug.
_NO_HASH = f"scrypt:32768:8:1$GL7AlE58MWboHd5K${'0' * 128}"


class Scheme(Protocol):
    """A way to find the user of a request. Write one for other kinds of credentials."""

    @property
    def check(self) -> Callable[..., Any]:
        """Takes the credentials by name, and more arguments, and returns the user."""

    @property
    def passes(self) -> Sequence[str]:
        """The names of the credentials; other arguments of `check` are injected."""

    @property
    def takes(self) -> Sequence[str]:
        """The names of injected arguments that `read` needs."""

    def read(self, environ: WSGIEnvironment, values: Mapping[str, Any]) -> Any:
        """Return the credentials of a request by name, ``None`` if it has none of this kind.

        :param values: the injected arguments by name
        :raises BadRequest: if they are malformed
        """

    def challenge(self, error: str | None = None) -> str | None:
        """Return the ``WWW-Authenticate`` header (RFC 9110, section 11.6.1), if there is one.

        :param error: the code of what is wrong with the credentials (RFC 6750, section 3.1)
        """


@dataclass(frozen=True)
class Basic:
    """Find the user by a name and a password that the client sends with each request (RFC 7617).

    Use it over HTTPS only.

    :param check: ``check(username, password, ...)`` returns the user, ``None`` or ``False`` if they
        are wrong; ``True`` stands for the name. Compare by :func:`verify_password`
    :param realm: what browsers show beside the fields, and what the password is valid for
    :raises TypeError: if `check` does not take both
    :raises ValueError: if `realm` is not printable ASCII without quotes and backslashes
    """

    check: Callable[..., Any]
    realm: str = "Restricted"
    passes: ClassVar[Sequence[str]] = ("username", "password")
    takes: ClassVar[Sequence[str]] = ()

    def __post_init__(self) -> None:
        _check_realm(self.realm)

    def read(self, environ: WSGIEnvironment, values: Mapping[str, Any]) -> Any:
        """Return the name and the password of the ``Authorization`` header."""
        encoded = _authorization(environ, "basic")
        if encoded is None:
            return None
        try:
            text = b64decode(encoded, validate=True).decode()
        except ValueError:
            text = ""
        username, colon, password = text.partition(":")
        if not colon or _CONTROL_CHARACTER.search(text):
            raise Unauthorized(
                "The Authorization header is malformed.",
                headers={"WWW-Authenticate": self.challenge()},
            )
        return {"username": username, "password": password}

    def challenge(self, error: str | None = None) -> str:
        """Return the challenge, which asks for UTF-8."""
        return f'Basic realm="{self.realm}", charset="UTF-8"'


@dataclass(frozen=True)
class Bearer:
    """Find the user by a token that the client sends with each request (RFC 6750).

    :param check: ``check(token, ...)`` returns the user, ``None`` or ``False`` if the token is
        invalid. Compare secrets by :func:`hmac.compare_digest`, or look up a hash of the token
    :param realm: what the token is valid for
    :raises TypeError: if `check` does not take it
    :raises ValueError: as for :class:`Basic`
    """

    check: Callable[..., Any]
    realm: str = "Restricted"
    passes: ClassVar[Sequence[str]] = ("token",)
    takes: ClassVar[Sequence[str]] = ()

    def __post_init__(self) -> None:
        _check_realm(self.realm)

    def read(self, environ: WSGIEnvironment, values: Mapping[str, Any]) -> Any:
        """Return the token of the ``Authorization`` header."""
        token = _authorization(environ, "bearer")
        if token is not None and not _TOKEN.fullmatch(token):
            raise BadRequest(
                "The Authorization header is malformed.",
                headers={"WWW-Authenticate": self.challenge("invalid_request")},
            )
        return None if token is None else {"token": token}

    def challenge(self, error: str | None = None) -> str:
        """Return the challenge, with the error if there is one."""
        return f'Bearer realm="{self.realm}"' + (f', error="{error}"' if error else "")


@dataclass(frozen=True)
class SessionUser:
    """Find the user by a value that was stored in the session when they logged in.

    It needs ``session``, a mapping that another middleware provides.

    :param load: ``load(user_id, ...)`` returns the user, ``None`` if there is none any more
    :param key: the key of the value in the session, and the name of the argument of `load`
    :raises TypeError: if `load` does not take it
    """

    load: Callable[..., Any]
    key: str = "user_id"
    takes: ClassVar[Sequence[str]] = ("session",)

    @property
    def check(self) -> Callable[..., Any]:
        """The function that returns the user."""
        return self.load

    @property
    def passes(self) -> Sequence[str]:
        """The key."""
        return (self.key,)

    def read(self, environ: WSGIEnvironment, values: Mapping[str, Any]) -> Any:
        """Return the value of the session."""
        value = values["session"].get(self.key)
        return None if value is None else {self.key: value}

    def challenge(self, error: str | None = None) -> None:
        """Return ``None``: there is no challenge for sessions."""


class AuthMiddleware(Middleware):
    """Provide the user of a request, and ask clients without one to log in.

    ``AuthMiddleware(Bearer(check_token), SessionUser(load_user), login="/login")`` asks the schemes
    in order. The first for which a request has credentials decides. If these are wrong, the
    response is a 401; a session whose user is gone counts as none.

    If there is no user, a browser that opens a page is redirected to `login`, which finds the way
    back in the query parameter ``next``: see :func:`safe_next`. The response to others is a 401
    with the challenge of each scheme (RFC 9110, section 11), or a 403 if there is only
    :class:`SessionUser`, which has none.

    The functions of the schemes take further arguments by name, such as resources. For requests
    that no route matches, the user is ``None``.

    :param schemes: :class:`Basic`, :class:`Bearer` and :class:`SessionUser`
    :param required: whether endpoints run only for users; otherwise the user is ``None``
    :param login: the page to log in at, which needs no user itself: its path below the root of the
        application that is served, such as ``/login``, or a target of
        :meth:`~clastic.Application.url_for`, such as its endpoint
    :param provided_name: the name of the argument
    :raises TypeError: if there is no scheme, or a function cannot be called with its credentials
    """

    def __init__(
        self,
        *schemes: Scheme,
        required: bool = True,
        login: object = None,
        provided_name: str = "user",
    ) -> None:
        if not schemes:
            raise TypeError("AuthMiddleware() has no scheme. Write AuthMiddleware(Basic(check)).")
        self.schemes = schemes
        self.required = required
        self.login = login
        self.provided_name = provided_name
        self.provides = (provided_name,)
        self._is_path = isinstance(login, str) and login.startswith("/")
        self._injected = tuple(map(_injected_parameters, schemes))
        names: dict[str, Any] = dict.fromkeys(_OWN, Parameter.empty)
        if login is not None and not self._is_path:
            names["url_for"] = Parameter.empty
        for scheme, injected in zip(schemes, self._injected, strict=True):
            names.update(dict.fromkeys(scheme.takes, Parameter.empty))
            for parameter in injected:
                default = Parameter.empty if parameter.required else None
                if names.get(parameter.name) is not Parameter.empty:
                    names[parameter.name] = default
        by_name = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=default)
            for name, default in names.items()
        ]
        first = Parameter("next", Parameter.POSITIONAL_OR_KEYWORD)
        self._signature = Signature([first, *by_name])

    @property
    def request(self) -> Callable[..., Any]:  # type: ignore[override]
        """The function that finds the user; its signature lists what to inject."""

        def request(next: Callable[..., Any], **values: Any) -> Any:
            if values["_route"].is_null_route:
                return next(*[None])
            user = self._find_user(values)
            if user is None and self.required:
                response = self._ask(values)
                if response is not None:
                    return response
            return next(*[user])

        request.__signature__ = self._signature  # type: ignore[attr-defined]
        request.__wrapped__ = self.schemes[0].check  # type: ignore[attr-defined]
        request.__qualname__ = repr(self)
        return request

    def __repr__(self) -> str:
        schemes = (f"{type(each).__name__}({callable_name(each.check)})" for each in self.schemes)
        return f"{self.name}({', '.join(schemes)})"

    def _find_user(self, values: Mapping[str, Any]) -> Any:
        """Return the user, ``None`` if the request has no credentials.

        :raises Unauthorized: if they are wrong
        """
        for scheme, injected in zip(self.schemes, self._injected, strict=True):
            credentials = scheme.read(values["request"].environ, values)
            if credentials is None:
                continue
            names = (each.name for each in injected if each.name in values)
            user = scheme.check(**credentials, **{name: values[name] for name in names})
            if user is True:
                user = credentials.get("username", True)
            if user is not None and user is not False:
                return user
            if scheme.challenge() is not None:
                raise Unauthorized(
                    f"The {' or '.join(scheme.passes)} is wrong.", headers=self._challenges(scheme)
                )
        return None

    def _ask(self, values: Mapping[str, Any]) -> BaseResponse | None:
        """Return the response to a request without a user, ``None`` for the login page."""
        environ = values["request"].environ
        if self.login is not None:
            login = f"{root_of(environ)}{self.login}" if self._is_path else None
            login = login or values["url_for"](self.login)
            path = own_path(environ)
            if _path_of(login) == _path_of(path):
                return None
            if choose_format(environ.get("HTTP_ACCEPT")).mimetype == "text/html":
                if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
                    query = urlencode({"next": path}, safe="/")
                    login += f"{'&' if '?' in login else '?'}{query}"
                return redirect(login, 303)
        challenges = self._challenges()
        if challenges:
            return Unauthorized("Log in first.", headers=challenges)
        return Forbidden("Log in first.")

    def _challenges(self, failed: Scheme | None = None) -> list[tuple[str, str]]:
        errors = ((each, "invalid_token" if each is failed else None) for each in self.schemes)
        challenges = (scheme.challenge(error) for scheme, error in errors)
        return [("WWW-Authenticate", challenge) for challenge in challenges if challenge]


def safe_next(url: str | None, default: str = "/") -> str:
    """Return a URL to redirect to after logging in, if it is a path of this site.

    :param url: what the client sent, such as ``request.args.get("next")``
    :param default: what to return for anything else, such as the URL of another site
    """
    return url if url and _SAFE_NEXT.fullmatch(url) else default


def verify_password(password: str, stored: str | None) -> bool:
    """Return whether a password is the one that was hashed.

    For an unknown user, it takes as long as for a hash of Werkzeug's default method, so that
    clients cannot find out who is known.

    :param stored: what ``werkzeug.security.generate_password_hash`` returned; ``None`` for an
        unknown user
    """
    is_right = check_password_hash(stored or _NO_HASH, password)
    return is_right and bool(stored)


def _authorization(environ: WSGIEnvironment, scheme: str) -> str | None:
    """Return what follows the scheme in ``Authorization``, ``None`` if that is another scheme."""
    given, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return rest.strip(" ") if given.lower() == scheme else None


def _path_of(url: str) -> str:
    return url.partition("?")[0].rstrip("/")


def _check_realm(realm: str) -> None:
    if not _REALM.fullmatch(realm):
        raise ValueError(
            f"realm={realm!r} has a character that is not printable ASCII, a quote or a backslash."
        )


def _injected_parameters(scheme: Scheme) -> list[Any]:
    """Return the parameters of a scheme's function that are injected.

    :raises TypeError: if it cannot be called with the credentials by name
    """
    where = describe_role(f"{type(scheme).__name__} function", scheme.check)
    try:
        parameters = read_signature(scheme.check)
    except UnreadableSignature as error:
        raise TypeError(f"{where} {error.reason}. {error.remedy}") from error
    by_name = [each.name for each in parameters if each.by_keyword]
    for name in scheme.passes:
        if name not in by_name:
            arguments = ", ".join(scheme.passes)
            raise TypeError(
                f"{where} does not take '{name}'. Its arguments are ({', '.join(by_name)}). "
                f"Define it as {callable_name(scheme.check)}({arguments}, ...)."
            )
    return [each for each in parameters if each.name not in scheme.passes]
