"""Send requests without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

SECONDS = 30


def post_form(url: str, fields: Mapping[str, str]) -> int:
    """Send a form and return the status of the response. Redirects are not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=SECONDS)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", parts.path, urlencode(fields), headers)
        return connection.getresponse().status
    finally:
        connection.close()
