"""Requests that are sent without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

SECONDS = 30


def post_form(url: str, fields: Mapping[str, str]) -> int:
    """Send a form, as a program does; returns the status of the answer, which is not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=SECONDS)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", parts.path, urlencode(fields), headers)
        return connection.getresponse().status
    finally:
        connection.close()
