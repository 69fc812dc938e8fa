"""Conditions and ranges, by RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clastic.static.validators import (
    evaluate_conditions,
    is_range_wanted,
    is_settled,
    select_range,
    validators_of,
)

MODIFIED = 1_700_000_000
MODIFIED_NS = MODIFIED * 1_000_000_000 + 1
TAG = '"17979cfe362a0001-a"'
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"

STRONG = validators_of(MODIFIED_NS, MODIFIED, 10, "", settled=True)
WEAK = validators_of(MODIFIED_NS, MODIFIED, 10, "", settled=False)


def test_the_validators_of_a_file() -> None:
    assert STRONG == (TAG, MODIFIED, DATE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((MODIFIED_NS + 1, MODIFIED, 10, ""), id="a nanosecond later"),
        pytest.param((MODIFIED_NS, MODIFIED, 11, ""), id="a byte longer"),
        pytest.param((MODIFIED_NS, MODIFIED, 10, "gzip"), id="in another coding"),
    ],
)
def test_another_state_has_another_tag(other: tuple[int, int, int, str]) -> None:
    assert validators_of(*other, settled=True).entity_tag != TAG


def test_a_file_that_may_change_unseen_has_a_weak_tag() -> None:
    assert WEAK.entity_tag == f"W/{TAG}"


@pytest.mark.parametrize(
    ("modified_ns", "now", "is_sure"),
    [
        pytest.param(10_000_000_001, 10, True, id="fractions of a second show any later change"),
        pytest.param(10_000_000_000, 11, False, id="a whole second may have seen two changes"),
        pytest.param(10_000_000_000, 13, True, id="a second that is over has seen all of them"),
        pytest.param(99_000_000_000, 13, False, id="a second to come has seen none of them"),
    ],
)
def test_is_settled(modified_ns: int, now: float, is_sure: bool) -> None:
    assert is_settled(modified_ns, now) is is_sure


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, None, id="no condition"),
        pytest.param({"IF_NONE_MATCH": TAG}, 304, id="the same tag: not modified"),
        pytest.param({"IF_NONE_MATCH": f"W/{TAG}"}, 304, id="the same tag, weak: not modified"),
        pytest.param({"IF_NONE_MATCH": f'"x", {TAG}'}, 304, id="among others: not modified"),
        pytest.param({"IF_NONE_MATCH": "*"}, 304, id="any tag: not modified"),
        pytest.param({"IF_NONE_MATCH": '"x"'}, None, id="another tag: modified"),
        pytest.param({"IF_NONE_MATCH": ""}, None, id="no tag: modified"),
        pytest.param({"IF_NONE_MATCH": ',,"'}, None, id="garbage for a tag: modified"),
        pytest.param({"IF_MODIFIED_SINCE": DATE}, 304, id="since the same second: not modified"),
        pytest.param({"IF_MODIFIED_SINCE": LATER}, 304, id="since later: not modified"),
        pytest.param({"IF_MODIFIED_SINCE": EARLIER}, None, id="since earlier: modified"),
        pytest.param({"IF_MODIFIED_SINCE": "soon"}, None, id="garbage for a date does not count"),
        pytest.param(
            {"IF_MODIFIED_SINCE": "Thu, 01 Jan 99999999999 00:00:00 GMT"},
            None,
            id="a date beyond all dates does not count",
        ),
        pytest.param(
            {"IF_MODIFIED_SINCE": "Tuesday, 14-Nov-23 22:13:20 GMT"}, 304, id="a date of RFC 850"
        ),
        pytest.param(
            {"IF_MODIFIED_SINCE": "Tue Nov 14 22:13:20 2023"}, 304, id="a date of asctime"
        ),
        pytest.param(
            {"IF_NONE_MATCH": '"x"', "IF_MODIFIED_SINCE": DATE}, None, id="tags before dates"
        ),
        pytest.param({"IF_MATCH": TAG}, None, id="wanted for this tag: met"),
        pytest.param({"IF_MATCH": f'"x", {TAG}'}, None, id="wanted for one of these tags: met"),
        pytest.param({"IF_MATCH": "*"}, None, id="wanted if it is there: met"),
        pytest.param({"IF_MATCH": '"x"'}, 412, id="wanted for another tag: failed"),
        pytest.param({"IF_MATCH": f"W/{TAG}"}, 412, id="a weak tag does not match strongly"),
        pytest.param({"IF_UNMODIFIED_SINCE": DATE}, None, id="unmodified since: met"),
        pytest.param({"IF_UNMODIFIED_SINCE": EARLIER}, 412, id="modified since: failed"),
        pytest.param({"IF_UNMODIFIED_SINCE": "soon"}, None, id="unmodified since garbage"),
        pytest.param(
            {"IF_MATCH": TAG, "IF_UNMODIFIED_SINCE": EARLIER}, None, id="wanted tags before dates"
        ),
        pytest.param(
            {"IF_MATCH": '"x"', "IF_NONE_MATCH": TAG}, 412, id="what is wanted comes first"
        ),
        pytest.param({"IF_MATCH": TAG, "IF_NONE_MATCH": TAG}, 304, id="both conditions count"),
    ],
)
def test_evaluate_conditions(headers: dict[str, str], status: int | None) -> None:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    assert evaluate_conditions(environ, STRONG) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"IF_NONE_MATCH": TAG}, 304, id="weak comparison is enough for a cache"),
        pytest.param({"IF_MATCH": TAG}, 412, id="strong comparison fails"),
        pytest.param({"IF_MATCH": f"W/{TAG}"}, 412, id="strong comparison fails even on itself"),
    ],
)
def test_conditions_on_a_weak_tag(headers: dict[str, str], status: int) -> None:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    assert evaluate_conditions(environ, WEAK) == status


@pytest.mark.parametrize(
    ("method", "headers", "is_wanted"),
    [
        pytest.param("GET", {"RANGE": "bytes=0-1"}, True, id="a range of a GET"),
        pytest.param("GET", {}, False, id="no range"),
        pytest.param("HEAD", {"RANGE": "bytes=0-1"}, False, id="HEAD has no ranges"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": TAG}, True, id="if it has this tag"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": DATE}, True, id="if it is of this date"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": '"x"'}, False, id="if of another tag"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": f"W/{TAG}"}, False, id="if of a weak tag"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": LATER}, False, id="if of a later date"),
        pytest.param("GET", {"RANGE": "-", "IF_RANGE": ""}, False, id="if nothing that can be met"),
    ],
)
def test_is_range_wanted(method: str, headers: dict[str, str], is_wanted: bool) -> None:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    assert is_range_wanted({"REQUEST_METHOD": method, **environ}, STRONG) is is_wanted


@pytest.mark.parametrize("if_range", [TAG, f"W/{TAG}", DATE])
def test_no_part_of_a_file_that_may_have_changed_unseen(if_range: str) -> None:
    environ = {"REQUEST_METHOD": "GET", "HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": if_range}
    assert is_range_wanted(environ, WEAK) is False


@pytest.mark.parametrize(
    ("header", "part"),
    [
        pytest.param("bytes=0-4", (0, 5), id="the first bytes"),
        pytest.param("bytes=4-4", (4, 5), id="one byte"),
        pytest.param("bytes=3-", (3, 10), id="from a byte on"),
        pytest.param("bytes=-3", (7, 10), id="the last bytes"),
        pytest.param("bytes=-10", (0, 10), id="as many last bytes as there are"),
        pytest.param("bytes=-99", (0, 10), id="more last bytes than there are"),
        pytest.param("bytes=5-99", (5, 10), id="beyond the end"),
        pytest.param("bytes=9-" + "9" * 30, (9, 10), id="far beyond the end"),
        pytest.param(" BYTES=0-0 ", (0, 1), id="the unit in capitals"),
        pytest.param("bytes=10-", (10, 10), id="nothing: from the end on"),
        pytest.param("bytes=10-20", (10, 10), id="nothing: after the end"),
        pytest.param("bytes=99-", (99, 10), id="nothing: long after the end"),
        pytest.param("bytes=-0", (10, 10), id="nothing: the last no bytes"),
        pytest.param("bytes=4-2", None, id="invalid: backwards"),
        pytest.param("bytes=-", None, id="invalid: no position"),
        pytest.param("bytes=", None, id="invalid: no range"),
        pytest.param("", None, id="invalid: empty"),
        pytest.param("bytes=a-b", None, id="invalid: no digits"),
        pytest.param("bytes=1_0-", None, id="invalid: digits as Python writes them"),
        pytest.param("bytes=٣-٤", None, id="invalid: digits beyond ASCII"),
        pytest.param("bytes=+1-2", None, id="invalid: a sign"),
        pytest.param("bytes=0-" + "9" * 5000, None, id="invalid: longer than a number can be"),
        pytest.param("items=0-4", None, id="unknown: another unit"),
        pytest.param("bytes=0-1,4-5", None, id="unknown: several ranges"),
    ],
)
def test_select_range(header: str, part: tuple[int, int] | None) -> None:
    assert select_range(header, 10) == part


@pytest.mark.parametrize(
    ("header", "part"),
    [
        pytest.param("bytes=0-", (0, 0), id="nothing is the first byte of nothing"),
        pytest.param("bytes=-5", None, id="the last bytes of nothing are the whole"),
        pytest.param("bytes=-0", (0, 0), id="no bytes of nothing are nothing"),
    ],
)
def test_select_range_of_an_empty_file(header: str, part: tuple[int, int] | None) -> None:
    assert select_range(header, 0) == part


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 30))
def test_a_range_selects_what_a_slice_does(first: int, last: int, size: int) -> None:
    content = bytes(range(size))
    part = select_range(f"bytes={first}-{last}", size)
    if last < first:
        assert part is None
    else:
        assert part is not None
        assert content[slice(*part)] == content[first : last + 1]


HEADER = st.text(alphabet='"W/*,; =-0123456789abytesGMT', max_size=40) | st.text(max_size=40)


@given(HEADER, HEADER, HEADER, HEADER)
def test_any_condition_can_be_evaluated(match: str, none: str, since: str, until: str) -> None:
    environ = {
        "HTTP_IF_MATCH": match,
        "HTTP_IF_NONE_MATCH": none,
        "HTTP_IF_MODIFIED_SINCE": since,
        "HTTP_IF_UNMODIFIED_SINCE": until,
    }
    for name in environ:
        assert evaluate_conditions({name: environ[name]}, STRONG) in (None, 304, 412)
    assert evaluate_conditions(environ, STRONG) in (None, 304, 412)


@given(st.text() | st.from_regex(r"bytes=[0-9]*-[0-9]*(,[0-9]*-[0-9]*)*"), st.integers(0, 1000))
def test_any_range_is_inside_of_the_file_or_empty(header: str, size: int) -> None:
    part = select_range(header, size)
    if part is not None and part[0] < part[1]:
        assert 0 <= part[0] < part[1] <= size
