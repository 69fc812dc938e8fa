"""Test the names and attributes that apps written for Clastic 26 import and read."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, timedelta, timezone
from importlib import import_module
from importlib.metadata import version

import pytest

import clastic
from clastic import (
    GET,
    Application,
    GetParamMiddleware,
    HTTPException,
    Middleware,
    NotFound,
    render_json,
)
from clastic.errors import ERROR_CODE_MAP, ContextualNotFound
from clastic.middleware import (
    DummyMiddleware,
    HTTPCacheMiddleware,
    PostDataMiddleware,
    ScriptRootMiddleware,
    SimpleProfileMiddleware,
    check_middlewares,
    merge_middlewares,
)
from clastic.render.simple import ClasticJSONEncoder
from clastic.utils import bytes2human, int2hexguid, rel_datetime

NAMES = {
    "clastic": ["__version__", "route", "utils"],
    "clastic.errors": [
        "ContextualInternalServerError",
        "ContextualNotFound",
        "DEFAULT_MIME",
        "ERROR_CODE_MAP",
        "MIME_SUPPORT_MAP",
    ],
    "clastic.middleware": ["check_middlewares", "merge_middlewares"],
    "clastic.middleware.core": ["check_middlewares", "merge_middlewares"],
    "clastic.render": ["ashes"],
    "clastic.render.ashes_templates": ["ashes"],
    "clastic.render.mako_templates": ["mako"],
    "clastic.render.tabular": ["Table", "TabularRender"],
    "clastic.render.simple": ["BasicRender", "ClasticJSONEncoder", "render_basic"],
    "clastic.route": ["RESERVED_ARGS"],
    "clastic.utils": ["Redirector", "bytes2human", "int2hexguid", "rel_datetime"],
}


class UserMiddleware(Middleware):
    provides = ("user",)

    def request(self, next):
        return next("Ann")


class PlainMiddleware(Middleware):
    pass


@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_a_module_exist(module):
    assert [name for name in NAMES[module] if not hasattr(import_module(module), name)] == []


def test_the_version_is_that_of_the_package():
    assert clastic.__version__ == version("clastic")


def test_errors_are_found_by_their_status_code():
    assert [ERROR_CODE_MAP[404], ERROR_CODE_MAP[None]] == [NotFound, HTTPException]
    assert issubclass(ContextualNotFound, NotFound)


def test_new_middlewares_come_before_old_ones_and_replace_equal_ones():
    user, other, plain = UserMiddleware(), UserMiddleware(), PlainMiddleware()
    assert merge_middlewares([user], [plain]) == [plain, user]
    merged = merge_middlewares([user], [other, plain])
    assert list(map(id, merged)) == [id(other), id(plain)]


def test_middlewares_are_checked_for_names_that_are_provided_twice():
    assert check_middlewares([UserMiddleware(), PlainMiddleware()]) is True
    assert check_middlewares([UserMiddleware()], {"url": ["id"]}) is True
    with pytest.raises(NameError, match="provides 'user', which 'url' provides, too"):
        check_middlewares([UserMiddleware()], {"url": ["user"]})


def test_the_encoder_knows_more_values_than_json_does():
    values = {"date": date(2020, 1, 2), "id": uuid.UUID(int=1)}
    text = json.dumps(values, cls=ClasticJSONEncoder)
    assert json.loads(text) == {"date": "2020-01-02", "id": str(uuid.UUID(int=1))}
    with pytest.raises(TypeError):
        ClasticJSONEncoder().encode(object())
    assert "object object" in ClasticJSONEncoder(dev_mode=True).encode(object())


def test_the_helpers_write_sizes_times_and_ids():
    assert [bytes2human(size) for size in (5, 2048)] == ["5B", "2K"]
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert rel_datetime(now - timedelta(days=3)) == "3 days ago"
    assert int2hexguid(1) == int2hexguid(1) != int2hexguid(2)
    assert len(int2hexguid(2**64)) == 24


@pytest.mark.parametrize(
    ("middleware", "attributes"),
    [
        pytest.param(
            HTTPCacheMiddleware(1, 2, False, False, True, True, False, True, False, False),
            {
                "max_age": 1,
                "s_maxage": 2,
                "no_cache": False,
                "no_store": False,
                "no_transform": True,
                "must_revalidate": True,
                "proxy_revalidate": False,
                "public": True,
                "private": False,
                "use_etags": False,
            },
            id="HTTPCacheMiddleware",
        ),
        pytest.param(
            SimpleProfileMiddleware("_sort", "_profile"),
            {"sort_param_name": "_sort", "get_param_name": "_profile"},
            id="SimpleProfileMiddleware",
        ),
        pytest.param(
            ScriptRootMiddleware(provided_name="root"),
            {"provided_name": "root", "provides": ("root",)},
            id="ScriptRootMiddleware",
        ),
        pytest.param(
            GetParamMiddleware(params={"a": int}),
            {"params": {"a": int}, "provides": ("a",)},
            id="GetParamMiddleware",
        ),
        pytest.param(
            PostDataMiddleware(params={"a": int}), {"params": {"a": int}}, id="PostDataMiddleware"
        ),
        pytest.param(DummyMiddleware(verbose=True), {"verbose": True}, id="DummyMiddleware"),
    ],
)
def test_attributes_tell_how_a_middleware_is_configured(middleware, attributes):
    assert {name: getattr(middleware, name) for name in attributes} == attributes


def test_a_verbose_dummy_middleware_prints_each_call(capsys):
    app = Application([GET("/", list, render_json)], {}, [DummyMiddleware(verbose=True)])
    app.get_local_client().get("/")
    assert capsys.readouterr().out.splitlines()[0] == "dummy: request"
