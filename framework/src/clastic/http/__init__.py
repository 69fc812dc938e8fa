"""The request and response types, and redirects."""

from werkzeug.utils import append_slash_redirect
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wrappers import Response as BaseResponse

from clastic.http.redirects import Redirector, redirect, redirect_to_path
from clastic.http.request import Request
from clastic.http.response import Response, extended, response_maker

__all__ = [
    "BaseRequest",
    "BaseResponse",
    "Redirector",
    "Request",
    "Response",
    "append_slash_redirect",
    "extended",
    "redirect",
    "redirect_to_path",
    "response_maker",
]
