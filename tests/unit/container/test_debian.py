import dataclasses

from wheelproof.container.debian import plan_bootstrap, read_stages, snapshot_mirror
from wheelproof.container.definition import ImageDefinition

DEFINITION = ImageDefinition(
    name="debian-test",
    suite="bookworm",
    snapshot="20260712T000000Z",
    python="3.11",
    interpreter="/usr/bin/python3.11",
    packages=("python3", "xz-utils"),
    digests={},
)


def test_the_command_from_a_snapshot() -> None:
    mirror = snapshot_mirror("http://snapshot.example/archive/debian/", DEFINITION)
    plan = plan_bootstrap(
        DEFINITION, architecture="amd64", mirror=mirror, target="/w/rootfs.tar", mode="root"
    )

    assert plan.argv == (
        "mmdebstrap",
        "--verbose",
        "--mode=root",
        "--variant=apt",
        "--format=tar",
        "--skip=output/dev",
        "--architectures=amd64",
        "--include=python3,xz-utils",
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=Acquire::Languages "none"',
        '--aptopt=Acquire::Retries "3"',
        '--aptopt=Acquire::http::Timeout "30"',
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/info/*",
        "--dpkgopt=path-exclude=/usr/share/lintian/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "bookworm",
        "/w/rootfs.tar",
        "http://snapshot.example/archive/debian/20260712T000000Z/",
    )
    assert plan.environment == {"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1783814400"}
    assert plan.target == "/w/rootfs.tar"


def test_the_default_mirror_is_mmdebstraps_own_and_gives_the_suite_alone() -> None:
    plan = plan_bootstrap(DEFINITION, architecture="386", mirror=None, target="/w/rootfs.tar", mode="auto")

    assert plan.argv[-2:] == ("bookworm", "/w/rootfs.tar")
    assert not any("://" in part for part in plan.argv)
    (hook,) = (part for part in plan.argv if part.startswith("--setup-hook="))
    assert "-updates" in hook
    assert "-security" in hook
    assert "--architectures=i386" in plan.argv


def test_only_the_stages_are_told_however_the_output_is_cut() -> None:
    output = b"I: downloading...\nGet:1 x\nI: running --setup-hook in shell: sed\nI: \x1b[2Jdone\nI: cut"
    for size in (1, 7, len(output)):
        told: list[str] = []
        take = read_stages(told.append)
        for start in range(0, len(output), size):
            take(output[start : start + size])
        assert told == ["downloading...", "\\x1b[2Jdone"]


def test_python_is_compiled_again_where_its_order_of_sets_is_random() -> None:
    hooks = {}
    for python in ("2.7", "3.9", "3.11", "3.14"):
        definition = dataclasses.replace(DEFINITION, python=python, interpreter=f"/usr/bin/python{python}")
        plan = plan_bootstrap(
            definition, architecture="amd64", mirror="http://m.example", target="t", mode="root"
        )
        hooks[python] = [part for part in plan.argv if part.startswith("--customize-hook=")]

    compile_again = (
        '--customize-hook=chroot "$1" env PYTHONHASHSEED=0 /usr/bin/python3.9 -m compileall -q -f '
        "/usr/lib/python3 /usr/lib/python3.9 /usr/share/python3"
    )
    assert hooks == {"2.7": [], "3.9": [compile_again], "3.11": [], "3.14": []}
