"""Convert a local time from one time zone to another, on a page and in JSON.

Run it with ``python tzconvert.py``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from clastic import (
    GET,
    POST,
    Application,
    BadRequest,
    Limits,
    Request,
    Response,
    StaticApplication,
    render_json,
)
from clastic.errors import HTTPException, UnsupportedMediaType
from clastic.render import AshesRenderFactory

FOLDER = Path(__file__).parent
BAD_BODY = (
    "Send a JSON object of the type application/json, such as "
    '{"dt": "2021-03-14T12:00", "src": "America/New_York", "dst": "Europe/London"}.'
)
UNEVEN = "The offsets of the zones differ by a fraction of a minute, so the result has seconds."

Fields = Mapping[str, object]
Zones = Mapping[str, ZoneInfo]


class BadField(BadRequest):
    """A field of the request is missing or invalid.

    :param field: the name of the field, or ``body`` for the whole request
    :param problem: a sentence that tells the user how to correct it
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def load_zones() -> dict[str, ZoneInfo]:
    """Return all time zones by name, sorted by label.

    They come from the package tzdata, so the answers are the same on every machine.
    """
    database = files("tzdata")
    zones = {}
    for name in sorted((database / "zones").read_text().split(), key=label_of):
        with (database / "zoneinfo" / name).open("rb") as file:
            zones[name] = ZoneInfo.from_file(file, key=name)
    return zones


def label_of(name: str) -> str:
    """Return a unique label that begins with the city: ``Louisville (America, Kentucky)``."""
    *area, city = name.replace("_", " ").split("/")
    return f"{city} ({', '.join(area)})" if area else city


def read_time(fields: Fields) -> datetime:
    """Read the local time from the field ``dt``.

    :raises BadField: if it is missing or not written like ``2021-03-14T12:00``
    """
    text = fields.get("dt")
    try:
        time = datetime.strptime(str(text), "%Y-%m-%dT%H:%M")
    except ValueError:
        time = None
    if time is None or to_value(time) != text:
        raise BadField("dt", "Enter a date and a time, such as 2021-03-14T12:00.")
    return time


def read_zone(fields: Fields, field: str, zones: Zones) -> ZoneInfo:
    """Read a time zone from a field.

    :raises BadField: if it is missing or there is no such zone
    """
    name = fields.get(field)
    if not isinstance(name, str) or name not in zones:
        raise BadField(field, "Choose a time zone from the list, such as America/New_York.")
    return zones[name]


def find_instants(time: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants, in UTC, at which the clocks of a zone show a time.

    There is usually one. There is none if the clocks skip the time, and there are two if the
    clocks are put back and show it again.
    """
    readings = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    instants = {reading.astimezone(timezone.utc) for reading in readings}
    return sorted(
        instant for instant in instants if instant.astimezone(zone).replace(tzinfo=None) == time
    )


def explain(time: datetime, zone: ZoneInfo) -> str:
    """Explain why a zone skips or repeats a time. Return an empty string if it does neither."""
    count = len(find_instants(time, zone))
    if count == 1:
        return ""
    readings = (time.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = (timezone(reading.utcoffset() or timedelta()) for reading in readings)
    label = label_of(zone.key)
    if count == 0:
        return f"{time.ctime()} is skipped in {label}: the clocks go from {before} to {after}."
    return f"{time.ctime()} occurs twice in {label}: the clocks go from {before} back to {after}."


def to_value(time: datetime) -> str:
    """Format a time for ``<input type="datetime-local">``."""
    return time.isoformat(timespec="minutes")


def describe(time: datetime) -> dict[str, str]:
    return {"text": time.ctime(), "value": to_value(time)}


def convert(fields: Fields, zones: Zones) -> dict[str, object]:
    """Convert a local time, and return the data to show.

    For a skipped time, ``dst_dt`` is None. For a repeated time, there is ``second_dst_dt`` too.
    ``note`` is present if there is something to explain.

    :param fields: ``dt``, a local time, and ``src`` and ``dst``, the zones to convert between
    :raises BadField: if a field is missing or invalid
    """
    time = read_time(fields)
    src, dst = (read_zone(fields, field, zones) for field in ("src", "dst"))
    try:
        instants = find_instants(time, src)
        times = [instant.astimezone(dst).replace(tzinfo=None) for instant in instants]
        note = explain(time, src)
        if not note and (note := explain(times[0], dst)):
            note += f" This is the {'second' if times[0].fold else 'first'} time."
    except OverflowError:
        raise BadField("dt", "Enter a time in the years 1 to 9999 in both zones.") from None
    if any(each.second for each in times):
        note = f"{note} {UNEVEN}".lstrip()
    answer: dict[str, object] = {
        "src_dt": describe(time),
        "dst_dt": describe(times[0]) if times else None,
        "src_location": label_of(src.key),
        "dst_location": label_of(dst.key),
    }
    if len(times) == 2:
        answer["second_dst_dt"] = describe(times[1])
    if note:
        answer["note"] = note
    return answer


def page(
    zones: Zones, fields: Fields, answer: Fields | None = None, errors: Fields | None = None
) -> dict[str, object]:
    """Return the data of the template: the fields of the form, and an answer or errors."""
    lists = {
        f"{field}_zones": [
            {"name": name, "label": label_of(name), "chosen": name == fields.get(field)}
            for name in zones
        ]
        for field in ("src", "dst")
    }
    return {"dt": fields.get("dt"), **lists, **(answer or {}), "errors": errors or {}}


def home(zones: Zones, first_choice: Fields) -> dict[str, object]:
    return page(zones, first_choice)


def show_page(request: Request, zones: Zones) -> dict[str, object]:
    """Show the answer on the page, for a browser without JavaScript."""
    return page(zones, request.form, convert(request.form, zones))


def show_error_page(
    request: Request, _error: HTTPException, zones: Zones, render_home: Callable[..., Response]
) -> Response:
    """Show the form as it was sent, with the error beside the field."""
    if not isinstance(_error, BadRequest):
        return _error
    fields = request.form if isinstance(_error, BadField) else {}
    errors = {getattr(_error, "field", "body"): _error.detail}
    response = render_home(page(zones, fields, errors=errors))
    response.status_code = _error.code
    return response


def show_json(request: Request, zones: Zones) -> dict[str, object]:
    """Return the answer as JSON, for the script on the page and for other programs."""
    if request.mimetype == "application/x-www-form-urlencoded":
        raise UnsupportedMediaType(is_breaking=False)  # try the next route
    fields = request.get_json(silent=True)
    if not isinstance(fields, dict):
        raise BadField("body", BAD_BODY)
    return convert(fields, zones)


def show_json_error(_error: HTTPException) -> Response:
    """Return the error and the name of its field as JSON."""
    if not isinstance(_error, BadRequest):
        return _error
    field = getattr(_error, "field", "body")
    response = render_json({"field": field, "error": _error.detail})
    response.status_code = _error.code
    return response


def create_app(config: Mapping[str, str] | None = None) -> Application:
    """Create the application.

    :param config: ``src`` and ``dst``, the zones that are selected at first; UTC if left out
    :raises ValueError: if there is no such zone
    """
    zones = load_zones()
    first_choice = {field: (config or {}).get(field, "UTC") for field in ("src", "dst")}
    for field, name in first_choice.items():
        if name not in zones:
            raise ValueError(f"{field}: there is no time zone {name!r}.")
    templates = AshesRenderFactory(FOLDER)
    return Application(
        [
            GET("/", home, "home.html"),
            POST("/show", show_json, render_json, show_json_error, falls_through=True),
            POST("/show", show_page, "home.html", show_error_page),
            ("/static", StaticApplication(FOLDER / "static")),
        ],
        resources={
            "zones": zones,
            "first_choice": first_choice,
            "render_home": templates("home.html"),
        },
        render_factory=templates,
        limits=Limits(body=500),  # bytes; a valid form or JSON object has about 100
        health="/_health",
    )


if __name__ == "__main__":
    create_app().serve()
