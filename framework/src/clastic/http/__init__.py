"""The request and response types, and redirects."""

from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wrappers import Response as BaseResponse

from clastic.http.hosts import TrustedHosts, read_host
from clastic.http.limits import Limits
from clastic.http.redirects import (
    Redirector,
    append_slash_redirect,
    redirect,
    redirect_to_path,
    root_of,
)
from clastic.http.request import Request, negotiate
from clastic.http.response import (
    NOSNIFF,
    Response,
    add_vary,
    copy_response,
    make_private,
    respond_html,
    response_maker,
    with_headers,
)

__all__ = [
    "NOSNIFF",
    "BaseRequest",
    "BaseResponse",
    "Limits",
    "Redirector",
    "Request",
    "Response",
    "TrustedHosts",
    "add_vary",
    "append_slash_redirect",
    "copy_response",
    "make_private",
    "negotiate",
    "read_host",
    "redirect",
    "redirect_to_path",
    "respond_html",
    "response_maker",
    "root_of",
    "with_headers",
]
