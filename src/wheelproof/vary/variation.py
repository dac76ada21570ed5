"""The variations: what is varied, from what to what, and how a project is mended that depends on it."""

from dataclasses import dataclass

DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One thing that a build should not depend on.

    Attributes:
        id: kebab-case; never changes once released.
        title: what it is, in a few words.
        plain: what it is where it is not varied.
        varied: what it is then.
        depends: what is said of a member that changes with it, in the words after its name.
        mend: how a maintainer mends that, in a sentence or two.
    """

    id: str
    title: str
    plain: str
    varied: str
    depends: str
    mend: str


VARIATIONS: tuple[Variation, ...] = (
    Variation(
        id="build-path",
        title="the folder that the source lies in",
        plain="/build/NAME-VERSION",
        varied="/build/another/folder/NAME-VERSION",
        depends="depends on the build path",
        mend="Write paths relative to the project. Pass -ffile-prefix-map=OLD=NEW to compilers "
        "(--remap-path-prefix to rustc), and give a backend that builds in a folder of its own a fixed one "
        "(-C build-dir=build with meson-python and scikit-build-core).",
    ),
    Variation(
        id="build-environment",
        title="the folder that the build requirements are installed in",
        plain="/build/env",
        varied="/build/env/another/place",
        depends="depends on where the build requirements are installed",
        mend="Front ends install them in a folder with a random name, so write no path of theirs: neither "
        "sys.prefix nor the place of a header. Pass -ffile-prefix-map=OLD=NEW for headers of theirs.",
    ),
    Variation(
        id="directory-order",
        title="the order in which folders of the source are listed",
        plain="as the file system lists what was unpacked in the archive's order",
        varied="the reverse",
        depends="depends on the order in which a folder is listed",
        mend="Sort what os.listdir, os.walk, glob, Path.iterdir or a shell's find gives before it is used.",
    ),
    Variation(
        id="time",
        title="the clock",
        plain="stands still at noon (UTC) of the day after the run",
        varied=f"stands still {DAYS} days later",
        depends="depends on the time of the build",
        mend="Take the time from SOURCE_DATE_EPOCH, or leave it out.",
    ),
    Variation(
        id="umask",
        title="the umask, in which the source is unpacked and built",
        plain="0022",
        varied="0007",
        depends="depends on the umask",
        mend="Give what goes into the wheel fixed modes (0644 and 0755), or use a backend that does: current "
        "flit, hatchling, poetry-core and uv_build. With setuptools, build releases under one umask (0022).",
    ),
    Variation(
        id="processors",
        title="how many processors there are",
        plain="those of the engine's host",
        varied="one: for the scheduler, and in /sys/devices/system/cpu",
        depends="depends on the number of processors",
        mend="Split generated code into a fixed number of parts, and write results in a fixed order, however "
        "many jobs make them.",
    ),
    Variation(
        id="hash-seed",
        title="the seed of Python's hashes",
        plain="PYTHONHASHSEED=0",
        varied="PYTHONHASHSEED=1",
        depends="depends on the order of a set or on hash()",
        mend="Sort sets before they are written, and never write what hash() gives.",
    ),
    Variation(
        id="locale",
        title="the locale and Python's text encoding",
        plain="C.UTF-8",
        varied="C, with PYTHONUTF8=0: text is ASCII where a program does not say",
        depends="depends on the locale",
        mend='Open text files with encoding="utf-8", and sort and format without the locale.',
    ),
    Variation(
        id="timezone",
        title="the time zone",
        plain="UTC",
        varied="14 hours ahead of UTC",
        depends="depends on the time zone",
        mend="Write times in UTC: time.gmtime, datetime.fromtimestamp(seconds, UTC).",
    ),
    Variation(
        id="home",
        title="the home folder",
        plain="/build/home",
        varied="/tmp/home",  # noqa: S108 - a path inside the sandbox
        depends="depends on the home folder",
        mend="Read no settings from the home folder, and write its path nowhere.",
    ),
    Variation(
        id="hostname",
        title="the host's name",
        plain="wheelproof",
        varied="another-host",
        depends="depends on the host's name",
        mend="Leave the host's name out.",
    ),
    Variation(
        id="user",
        title="the user, by number and by name",
        plain="50000, USER=build",
        varied="50002, USER=somebody",
        depends="depends on the user",
        mend="Leave the user's name and number out; in archives, set the owner to 0.",
    ),
    Variation(
        id="kernel",
        title="the kernel's release",
        plain="the host's",
        varied="one of the 2.6 series, as uname tells it",
        depends="depends on the kernel",
        mend="Leave out what platform.uname, platform.platform and uname tell.",
    ),
    Variation(
        id="environment",
        title="variables that mean nothing to a build",
        plain="the sandbox's own",
        varied="one more, and one more folder at the end of PATH",
        depends="depends on the environment's variables",
        mend="Write only the variables that a build needs, and PATH nowhere.",
    ),
)
BY_ID = {variation.id: variation for variation in VARIATIONS}
