"""Test the evaluation of conditional, range and coding headers (RFC 9110)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.errors import RequestedRangeNotSatisfiable
from clastic.static.conditions import (
    choose_coding,
    is_not_modified,
    requested_range,
)

TAG = '"17979cfe362a0001-a"'
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"


def status_of(headers: dict[str, str], tag: str | None = TAG, date: str | None = DATE) -> int:
    """The status of a GET response to these headers."""
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    return 304 if is_not_modified(environ, tag, date) else 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="no condition"),
        pytest.param({"IF_NONE_MATCH": TAG}, 304, id="the same tag is not modified"),
        pytest.param({"IF_NONE_MATCH": f"W/{TAG}"}, 304, id="the same weak tag is not modified"),
        pytest.param({"IF_NONE_MATCH": f'"x", {TAG}'}, 304, id="one of the tags is not modified"),
        pytest.param({"IF_NONE_MATCH": "*"}, 304, id="any tag is not modified"),
        pytest.param({"IF_NONE_MATCH": '"x"'}, 200, id="another tag is modified"),
        pytest.param({"IF_NONE_MATCH": ""}, 200, id="no tag is modified"),
        pytest.param({"IF_NONE_MATCH": ',,"'}, 200, id="an invalid tag is modified"),
        pytest.param({"IF_MODIFIED_SINCE": DATE}, 304, id="not modified since the same second"),
        pytest.param({"IF_MODIFIED_SINCE": LATER}, 304, id="not modified since later"),
        pytest.param({"IF_MODIFIED_SINCE": EARLIER}, 200, id="modified since earlier"),
        pytest.param({"IF_MODIFIED_SINCE": "soon"}, 200, id="an invalid date is ignored"),
        pytest.param(
            {"IF_MODIFIED_SINCE": "Thu, 01 Jan 99999999999 00:00:00 GMT"},
            200,
            id="a year out of range is ignored",
        ),
        pytest.param(
            {"IF_NONE_MATCH": '"x"', "IF_MODIFIED_SINCE": DATE}, 200, id="the tag before the date"
        ),
    ],
)
def test_a_condition_decides_on_the_status(headers: dict[str, str], status: int) -> None:
    assert status_of(headers) == status


def test_a_weak_tag_matches_a_strong_one() -> None:
    assert status_of({"IF_NONE_MATCH": TAG}, f"W/{TAG}") == 304


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"IF_NONE_MATCH": "*"}, 304, id="any tag"),
        pytest.param({"IF_NONE_MATCH": '""'}, 200, id="an empty tag"),
        pytest.param({"IF_MODIFIED_SINCE": DATE}, 200, id="a date"),
    ],
)
def test_conditions_on_a_resource_without_validators_are_ignored(
    headers: dict[str, str], status: int
) -> None:
    assert status_of(headers, None, None) == status


HEADER = st.text(alphabet='"W/*,; =-0123456789abytesGMT', max_size=40) | st.text(max_size=40)


@given(HEADER, HEADER)
def test_any_condition_can_be_evaluated(tag: str, since: str) -> None:
    assert status_of({"IF_NONE_MATCH": tag}) in (200, 304)
    assert status_of({"IF_MODIFIED_SINCE": since}) in (200, 304)


def range_of(
    headers: dict[str, str], size: int = 10, method: str = "GET"
) -> tuple[int, int] | str | None:
    """The range that a request gets; the ``Content-Range`` of the error if there is none."""
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    try:
        return requested_range({"REQUEST_METHOD": method, **environ}, TAG, DATE, size)
    except RequestedRangeNotSatisfiable as error:
        return error.headers["Content-Range"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("bytes=0-4", (0, 5), id="the first bytes"),
        pytest.param("bytes=4-4", (4, 5), id="one byte"),
        pytest.param("bytes=3-", (3, 10), id="from a byte on"),
        pytest.param("bytes=-3", (7, 10), id="the last bytes"),
        pytest.param("bytes=-10", (0, 10), id="as many last bytes as there are"),
        pytest.param("bytes=-99", (0, 10), id="more last bytes than there are"),
        pytest.param("bytes=5-99", (5, 10), id="beyond the end"),
        pytest.param("bytes=9-" + "9" * 30, (9, 10), id="far beyond the end"),
        pytest.param(" BYTES=0-0 ", (0, 1), id="the unit in upper case"),
        pytest.param("bytes=10-", "bytes */10", id="from the end on"),
        pytest.param("bytes=10-20", "bytes */10", id="after the end"),
        pytest.param("bytes=99-", "bytes */10", id="long after the end"),
        pytest.param("bytes=-0", None, id="invalid: the last no bytes"),
        pytest.param("bytes=4-2", None, id="invalid: backwards"),
        pytest.param("bytes=-", None, id="invalid: no position"),
        pytest.param("bytes=", None, id="invalid: no range"),
        pytest.param("", None, id="invalid: empty"),
        pytest.param("bytes=a-b", None, id="invalid: no digits"),
        pytest.param("bytes=1_0-", None, id="invalid: an underscore"),
        pytest.param("bytes=٣-٤", None, id="invalid: digits beyond ASCII"),
        pytest.param("bytes=+1-2", None, id="invalid: a sign"),
        pytest.param("bytes=0-" + "9" * 5000, None, id="invalid: too many digits"),
        pytest.param("items=0-4", None, id="ignored: another unit"),
        pytest.param("bytes=0-1,4-5", None, id="ignored: several ranges"),
    ],
)
def test_a_range_header_selects_bytes(header: str, expected: tuple[int, int] | str | None) -> None:
    assert range_of({"RANGE": header}) == expected


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5"])
def test_an_empty_file_has_no_ranges(header: str) -> None:
    assert range_of({"RANGE": header}, size=0) == "bytes */0"


@pytest.mark.parametrize(
    ("if_range", "is_partial"),
    [
        pytest.param(TAG, True, id="the tag"),
        pytest.param(DATE, True, id="the date"),
        pytest.param('"x"', False, id="another tag"),
        pytest.param(f"W/{TAG}", False, id="the weak tag"),
        pytest.param(LATER, False, id="a later date"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_if_range_must_repeat_a_validator(if_range: str, is_partial: bool) -> None:
    headers = {"RANGE": "bytes=0-1", "IF_RANGE": if_range}
    assert range_of(headers) == ((0, 2) if is_partial else None)


def test_only_get_has_ranges() -> None:
    assert range_of({"RANGE": "bytes=0-1"}, method="HEAD") is None
    assert range_of({}) is None


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 30))
def test_a_range_selects_what_a_slice_does(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    selected = range_of({"RANGE": f"bytes={first}-{last}"}, size)
    if last < first:
        assert selected is None
    elif first >= size:
        assert selected == f"bytes */{size}"
    else:
        assert content[slice(*selected)] == content[first : last + 1]


@given(st.text() | st.from_regex(r"bytes=[0-9]*-[0-9]*(,[0-9]*-[0-9]*)*"), st.integers(0, 1000))
def test_any_range_is_inside_of_the_file(header: str, size: int) -> None:
    selected = range_of({"RANGE": header}, size)
    if isinstance(selected, tuple):
        assert 0 <= selected[0] < selected[1] <= size


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="the first of what a browser accepts"),
        pytest.param("br;q=0.5, gzip;q=0.5", "br", id="the first of equals"),
        pytest.param("br;q=0.4, gzip;q=0.5", "gzip", id="the one of higher quality"),
        pytest.param("GZIP", "gzip", id="upper case"),
        pytest.param("*", "br", id="the first of any"),
        pytest.param("br;q=0, *", "gzip", id="any but one"),
        pytest.param("gzip;q=0, br;q=0", "", id="none of them"),
        pytest.param("identity", "", id="identity"),
        pytest.param("identity, gzip;q=0.5", "", id="identity of higher quality"),
        pytest.param("identity;q=0.5, gzip", "gzip", id="identity of lower quality"),
        pytest.param("identity;q=0.5, gzip;q=0.5", "gzip", id="identity of equal quality"),
        pytest.param("identity;q=0, gzip;q=0.1", "gzip", id="anything but identity"),
        pytest.param("identity;q=0", "", id="identity if nothing else is accepted"),
        pytest.param("deflate", "", id="a coding that is not available"),
        pytest.param("", "", id="an empty header"),
        pytest.param(None, "", id="no header"),
        pytest.param("gzip;q=much", "", id="an invalid quality"),
    ],
)
def test_the_coding_is_chosen_by_the_accept_encoding(header: str | None, coding: str) -> None:
    assert choose_coding(header, ["br", "gzip"]) == coding


def test_only_an_available_coding_is_chosen() -> None:
    assert choose_coding("br, gzip;q=0.1", ["gzip"]) == "gzip"
    assert choose_coding("br", []) == ""


@given(st.text() | st.text(alphabet="brgzip;q=0.1,* -identity"))
def test_any_accept_encoding_gets_a_coding(header: str) -> None:
    assert choose_coding(header, ["br", "gzip"]) in ("br", "gzip", "")
