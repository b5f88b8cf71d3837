"""Which endpoint answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.http.routing import Found, NotFound, Routes, WrongMethod

PATTERNS = {
    "/": "root",
    "/users": "users",
    "/users/{id}": "user",
    "/users/me": "me",
    "/users/{id}/posts/{post}": "post",
    "/users/me/{what}": "mine",
    "/files/{path...}": "files",
    "/files/top": "top",
}


@pytest.fixture(scope="module")
def routes() -> Routes[str]:
    made: Routes[str] = Routes()
    for pattern, name in PATTERNS.items():
        assert made.add("GET", pattern, name) is None
    made.add("POST", "/users", "create")
    made.add("*", "/any", "any")
    made.add("HEAD", "/head", "head")
    return made


@pytest.mark.parametrize(
    ("path", "target", "parameters"),
    [
        ("/", "root", {}),
        ("", "root", {}),
        ("/users/", "users", {}),
        ("//users", "users", {}),
        ("/users/7", "user", {"id": "7"}),
        ("/users/me", "me", {}),
        ("/users/7/posts/8", "post", {"id": "7", "post": "8"}),
        ("/users/me/posts", "mine", {"what": "posts"}),
        ("/users/me/posts/8", "post", {"id": "me", "post": "8"}),
        ("/users/a%2Fb%20c", "user", {"id": "a/b c"}),
        ("/files", "files", {"path": ""}),
        ("/files/a/b.txt", "files", {"path": "a/b.txt"}),
        ("/files/top", "top", {}),
        ("/files/top/x", "files", {"path": "top/x"}),
    ],
)
def test_the_most_literal_pattern_wins(
    routes: Routes[str], path: str, target: str, parameters: dict[str, str]
) -> None:
    assert routes.find("GET", path) == Found(target, parameters)


def test_methods(routes: Routes[str]) -> None:
    assert routes.find("POST", "/users") == Found("create", {})
    assert routes.find("HEAD", "/users") == Found("users", {})
    assert routes.find("HEAD", "/head") == Found("head", {})
    assert routes.find("PATCH", "/any") == Found("any", {})
    assert routes.find("PUT", "/users") == WrongMethod(("GET", "HEAD", "OPTIONS", "POST"))
    assert routes.find("GET", "/head") == WrongMethod(("HEAD", "OPTIONS"))
    assert routes.find("GET", "/users/7/posts") == NotFound()


def test_what_is_there_stays() -> None:
    routes: Routes[str] = Routes()
    assert routes.add("GET", "/a/{x}", "first") is None
    assert routes.add("GET", "/a/{y}", "second") == "first"
    assert routes.find("GET", "/a/1") == Found("first", {"x": "1"})


@pytest.mark.parametrize("pattern", ["a", "/{", "/a{b}", "/{a}/{a}", "/{a...}/b", "/{1}"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"must|has"):
        Routes[str]().add("GET", pattern, "x")


@given(st.lists(st.text(min_size=1, max_size=4), max_size=6))
def test_any_path_finds_or_does_not(segments: list[str]) -> None:
    routes: Routes[str] = Routes()
    routes.add("GET", "/{a}/{b...}", "two")
    found = routes.find("GET", "/" + "/".join(segments))
    if isinstance(found, NotFound):
        assert not [it for part in segments for it in part.split("/") if it]
    else:
        assert isinstance(found, Found)
