"""Test the conversion of times, and the notes about skipped and repeated times."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ZONES = (files("tzdata") / "zones").read_text().split()
NEW_YORK = "America/New_York"
LONDON = "Europe/London"
KATHMANDU = "Asia/Kathmandu"
LORD_HOWE = "Australia/Lord_Howe"
APIA = "Pacific/Apia"
CASABLANCA = "Africa/Casablanca"


@pytest.fixture(scope="module")
def convert(client):
    """Return a function that posts a valid request and returns the JSON response."""

    def send(dt: str, src: str, dst: str) -> dict[str, object]:
        response = client.post("/show", json={"dt": dt, "src": src, "dst": dst})
        assert response.status_code == 200, response.text
        return response.json

    return send


@pytest.mark.parametrize(
    ("dt", "src", "dst", "value"),
    [
        pytest.param("1900-01-01T12:00", NEW_YORK, LONDON, "1900-01-01T17:00", id="before 1901"),
        pytest.param("1901-12-13T20:45", "UTC", NEW_YORK, "1901-12-13T15:45", id="32 bits begin"),
        pytest.param("1900-01-01T12:00", "UTC", LORD_HOWE, "1900-01-01T22:00", id="Lord Howe 1900"),
        pytest.param("1918-07-01T12:00", NEW_YORK, "UTC", "1918-07-01T16:00", id="first summer"),
        pytest.param("1941-07-01T12:00", LONDON, NEW_YORK, "1941-07-01T06:00", id="double summer"),
        pytest.param("1943-01-15T12:00", NEW_YORK, LONDON, "1943-01-15T17:00", id="war time"),
        pytest.param("1950-06-01T12:00", APIA, "UTC", "1950-06-01T23:00", id="Apia -11"),
        pytest.param("1960-01-01T12:00", CASABLANCA, "UTC", "1960-01-01T12:00", id="Casablanca +0"),
        pytest.param("1969-01-15T12:00", LONDON, "UTC", "1969-01-15T11:00", id="summer all year"),
        pytest.param(
            "1974-01-15T12:00", NEW_YORK, "UTC", "1974-01-15T16:00", id="summer in winter"
        ),
        pytest.param("1982-01-15T12:00", LORD_HOWE, "UTC", "1982-01-15T00:30", id="half hours"),
        pytest.param(
            "1985-12-31T12:00", KATHMANDU, "UTC", "1985-12-31T06:30", id="Kathmandu +5:30"
        ),
        pytest.param(
            "1986-01-02T12:00", KATHMANDU, "UTC", "1986-01-02T06:15", id="Kathmandu +5:45"
        ),
        pytest.param("2006-03-20T12:00", NEW_YORK, LONDON, "2006-03-20T17:00", id="rule to 2006"),
        pytest.param("2007-03-20T12:00", NEW_YORK, LONDON, "2007-03-20T16:00", id="rule from 2007"),
        pytest.param("2011-12-29T23:59", APIA, "UTC", "2011-12-30T09:59", id="Apia's last before"),
        pytest.param("2011-12-31T00:00", APIA, "UTC", "2011-12-30T10:00", id="Apia's first after"),
        pytest.param("2011-12-30T09:59", "UTC", APIA, "2011-12-29T23:59", id="to Apia before"),
        pytest.param("2011-12-30T10:00", "UTC", APIA, "2011-12-31T00:00", id="to Apia after"),
        pytest.param("2019-05-20T12:00", CASABLANCA, LONDON, "2019-05-20T13:00", id="Ramadan"),
        pytest.param(
            "2019-07-01T12:00", CASABLANCA, LONDON, "2019-07-01T12:00", id="after Ramadan"
        ),
        pytest.param("2021-01-15T12:00", LORD_HOWE, APIA, "2021-01-15T15:00", id="southern summer"),
        pytest.param(
            "2021-07-15T12:00", LORD_HOWE, LONDON, "2021-07-15T02:30", id="southern winter"
        ),
        pytest.param("2037-01-01T12:00", LORD_HOWE, "UTC", "2037-01-01T01:00", id="Lord Howe 2037"),
        pytest.param("2037-07-01T12:00", NEW_YORK, LONDON, "2037-07-01T17:00", id="summer 2037"),
        pytest.param("2037-12-31T23:59", KATHMANDU, NEW_YORK, "2037-12-31T13:14", id="end of 2037"),
        pytest.param("2100-07-01T12:00", LONDON, "UTC", "2100-07-01T11:00", id="32 bits end"),
        pytest.param("2024-02-29T23:30", "UTC", KATHMANDU, "2024-03-01T05:15", id="leap day"),
    ],
)
def test_a_time_is_converted_with_the_offsets_of_its_date(convert, dt, src, dst, value):
    answer = convert(dt, src, dst)
    assert answer["dst_dt"] == {"text": datetime.fromisoformat(value).ctime(), "value": value}
    assert set(answer) == {"src_dt", "dst_dt", "src_location", "dst_location"}


def test_an_answer_repeats_the_question(convert):
    assert convert("2021-03-04T12:00", "America/Indiana/Tell_City", "UTC") == {
        "src_dt": {"text": "Thu Mar  4 12:00:00 2021", "value": "2021-03-04T12:00"},
        "dst_dt": {"text": "Thu Mar  4 18:00:00 2021", "value": "2021-03-04T18:00"},
        "src_location": "Tell City (America, Indiana)",
        "dst_location": "UTC",
    }


@pytest.mark.parametrize(
    ("dt", "src", "note"),
    [
        pytest.param(
            "2021-03-14T02:30",
            NEW_YORK,
            "Sun Mar 14 02:30:00 2021 is skipped in New York (America): "
            "the clocks go from UTC-05:00 to UTC-04:00.",
            id="an hour",
        ),
        pytest.param(
            "2021-10-03T02:15",
            LORD_HOWE,
            "Sun Oct  3 02:15:00 2021 is skipped in Lord Howe (Australia): "
            "the clocks go from UTC+10:30 to UTC+11:00.",
            id="half an hour",
        ),
        pytest.param(
            "2011-12-30T12:00",
            APIA,
            "Fri Dec 30 12:00:00 2011 is skipped in Apia (Pacific): "
            "the clocks go from UTC-10:00 to UTC+14:00.",
            id="a day",
        ),
        pytest.param(
            "1986-01-01T00:05",
            KATHMANDU,
            "Wed Jan  1 00:05:00 1986 is skipped in Kathmandu (Asia): "
            "the clocks go from UTC+05:30 to UTC+05:45.",
            id="a permanent change",
        ),
        pytest.param(
            "2019-06-09T02:30",
            CASABLANCA,
            "Sun Jun  9 02:30:00 2019 is skipped in Casablanca (Africa): "
            "the clocks go from UTC to UTC+01:00.",
            id="after Ramadan",
        ),
    ],
)
def test_a_skipped_time_is_explained_and_not_converted(convert, dt, src, note):
    answer = convert(dt, src, "UTC")
    assert answer["dst_dt"] is None
    assert answer["note"] == note
    assert "second_dst_dt" not in answer


@pytest.mark.parametrize(
    ("dt", "src", "values", "note"),
    [
        pytest.param(
            "2021-11-07T01:30",
            NEW_YORK,
            ["2021-11-07T05:30", "2021-11-07T06:30"],
            "Sun Nov  7 01:30:00 2021 occurs twice in New York (America): "
            "the clocks go from UTC-04:00 back to UTC-05:00.",
            id="an hour",
        ),
        pytest.param(
            "2021-04-04T01:45",
            LORD_HOWE,
            ["2021-04-03T14:45", "2021-04-03T15:15"],
            "Sun Apr  4 01:45:00 2021 occurs twice in Lord Howe (Australia): "
            "the clocks go from UTC+11:00 back to UTC+10:30.",
            id="half an hour",
        ),
        pytest.param(
            "2019-05-05T02:30",
            CASABLANCA,
            ["2019-05-05T01:30", "2019-05-05T02:30"],
            "Sun May  5 02:30:00 2019 occurs twice in Casablanca (Africa): "
            "the clocks go from UTC+01:00 back to UTC.",
            id="before Ramadan",
        ),
    ],
)
def test_a_repeated_time_has_both_readings(convert, dt, src, values, note):
    answer = convert(dt, src, "UTC")
    assert [answer[key]["value"] for key in ("dst_dt", "second_dst_dt")] == values
    assert answer["note"] == note


@pytest.mark.parametrize(
    ("dt", "which"),
    [
        pytest.param("2021-11-07T05:30", "first", id="the first"),
        pytest.param("2021-11-07T06:30", "second", id="the second"),
    ],
)
def test_a_repeated_result_is_marked_as_first_or_second(convert, dt, which):
    answer = convert(dt, "UTC", NEW_YORK)
    assert answer["dst_dt"]["value"] == "2021-11-07T01:30"
    assert answer["note"] == (
        "Sun Nov  7 01:30:00 2021 occurs twice in New York (America): "
        f"the clocks go from UTC-04:00 back to UTC-05:00. This is the {which} time."
    )


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        pytest.param(KATHMANDU, "Mon Jan  1 17:41:16 1900", id="Kathmandu +5:41:16"),
        pytest.param(APIA, "Mon Jan  1 00:33:04 1900", id="Apia -11:26:56"),
        pytest.param(CASABLANCA, "Mon Jan  1 11:29:40 1900", id="Casablanca -0:30:20"),
    ],
)
def test_seconds_of_an_offset_are_explained(convert, zone, text):
    answer = convert("1900-01-01T12:00", "UTC", zone)
    assert answer["dst_dt"]["text"] == text
    assert answer["note"].endswith("so the result has seconds.")


times = st.datetimes(datetime(1900, 1, 1), datetime(2037, 12, 31)).map(
    lambda time: time.isoformat(timespec="minutes")
)
# Random dates rarely hit a day on which the clocks change, so add some of these days.
times_of_change = st.builds(
    lambda day, minutes: (day + timedelta(minutes=minutes)).isoformat(timespec="minutes"),
    st.sampled_from(
        [
            datetime(*day)
            for day in [
                (1986, 1, 1),
                (2011, 12, 30),
                (2019, 6, 9),
                (2021, 3, 14),
                (2021, 4, 4),
                (2021, 10, 3),
                (2021, 10, 31),
                (2021, 11, 7),
            ]
        ]
    ),
    st.integers(-600, 1500),
)
zones = st.sampled_from([NEW_YORK, LONDON, KATHMANDU, LORD_HOWE, APIA, CASABLANCA])


@settings(deadline=None)
@given(times | times_of_change, zones | st.sampled_from(ZONES), zones | st.sampled_from(ZONES))
def test_converting_back_returns_the_original_time_unless_there_is_a_note(convert, dt, src, dst):
    there = convert(dt, src, dst)
    readings = [there[key] for key in ("dst_dt", "second_dst_dt") if there.get(key)]
    returned = [convert(reading["value"], dst, src) for reading in readings]
    if "note" not in there:
        (back,) = returned
        assert back["dst_dt"]["value"] == dt
    elif "seconds" not in there["note"]:
        for back in returned:
            assert dt in [
                back[key]["value"] for key in ("dst_dt", "second_dst_dt") if back.get(key)
            ]


def test_every_zone_can_be_converted_to(convert):
    for zone in ZONES:
        assert convert("2021-07-01T12:00", "UTC", zone)["dst_dt"]
