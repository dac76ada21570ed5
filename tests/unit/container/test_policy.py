"""The sandbox's limits as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelproof.container.policy import BASE_ENVIRONMENT, KEEPER, USER, Policy, place_of_tree

SIZES = st.integers(min_value=1, max_value=1 << 45)


def test_defaults() -> None:
    assert Policy().file_systems() == {
        "/build": "rw,exec,nosuid,nodev,mode=1777,size=2147483648",
        "/out": "rw,exec,nosuid,nodev,mode=1777,size=268435456",
        "/tmp": "rw,exec,nosuid,nodev,mode=1777,size=536870912",
    }


def test_a_source_tree_elsewhere_shares_the_build_folders_room() -> None:
    rooms, apart = Policy().room_bytes(), Policy().room_bytes("/project")
    assert set(apart) == {*rooms, "/project"}
    assert apart["/build"] + apart["/project"] == rooms["/build"]


@pytest.mark.parametrize(
    ("folder", "place"),
    [
        ("/build/demo-1", ""),
        ("/tmp/pip-req-build-x", ""),
        ("/project", "/project"),
        ("/builds/demo", "/builds/demo"),
        ("", ""),
    ],
)
def test_a_tree_in_a_place_of_the_sandbox_needs_no_other(folder: str, place: str) -> None:
    assert place_of_tree(folder) == place


@given(
    memory=st.integers(min_value=1 << 26, max_value=1 << 45),
    disk=st.integers(min_value=2, max_value=1 << 45),
    output=SIZES,
    temporary=SIZES,
    tree=st.sampled_from(("", "/project")),
)
def test_full_places_leave_memory_to_say_so(
    memory: int, disk: int, output: int, temporary: int, tree: str
) -> None:
    policy = Policy(memory_bytes=memory, disk_bytes=disk, output_bytes=output, temporary_bytes=temporary)
    rooms = policy.room_bytes(tree)
    assert sum(rooms.values()) + policy.shared_room_bytes() <= memory * 13 / 16
    assert rooms["/build"] <= disk
    assert rooms["/out"] <= output
    assert rooms["/tmp"] <= temporary
    assert min(rooms.values()) > 0


def test_the_build_is_neither_root_nor_its_keeper() -> None:
    assert USER != KEEPER
    assert all(int(part) > 1000 for name in (USER, KEEPER) for part in name.split(":"))
    # Rootless engines map 65536 ids at least, and often no more.
    assert all(int(part) < 1 << 16 for name in (USER, KEEPER) for part in name.split(":"))


def test_surroundings_name_no_place_of_the_host() -> None:
    places = [value for value in BASE_ENVIRONMENT.values() if value.startswith("/")]
    assert set(places) == {"/build/home", "/tmp"}
