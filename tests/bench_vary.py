"""``make bench-vary``: varies the builds of real projects' newest sdists; writes the table in docs/vary.md.

Arguments are projects, and ``project@image`` for one that is built in another image than the default.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from wheelproof.core.errors import FetchError
from wheelproof.fetch.download import download
from wheelproof.pipeline.session import Session, Settings
from wheelproof.rebuild.locking import newest_sdist
from wheelproof.report.vary_document import DifferenceFacts, VaryReport
from wheelproof.vary.run import vary
from wheelproof.vary.settle import VaryOptions

PAGE = Path(__file__).parents[1] / "docs" / "vary.md"
BEGIN, END = "<!-- measured: make bench-vary -->\n", "<!-- end of what is measured -->\n"
PROJECTS = (
    *("six", "idna", "certifi", "packaging", "urllib3", "requests", "click", "attrs", "jinja2", "rich"),
    *("pytest", "setuptools", "hatchling", "flit-core", "poetry-core"),
    *("markupsafe", "pyyaml", "wrapt", "msgpack"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A project's runs, with SOURCE_DATE_EPOCH and without."""

    sdist: str
    backend: str
    image: str
    with_epoch: VaryReport
    without: VaryReport


def main(projects: list[str]) -> None:
    rows = [row for name in projects or PROJECTS if (row := measure(name))]
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + table(rows) + END + after, "utf-8")


def measure(asked: str) -> Row | None:
    name, _, image = asked.partition("@")
    with Session(Settings(image=image or None)) as session:
        files = session.index.project(canonicalize_name(name)).files
        file = newest_sdist(files, SpecifierSet(), datetime.now(UTC))
        if file is None:
            print(f"{name}: no sdist", file=sys.stderr)
            return None
        found = download(file, http=session.http, cache=session.cache)
        path = Path(session.cache.root, "bench", file.filename)
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(found.path)
        reports = []
        for epoch in (True, False):
            try:
                report = vary(session, path, VaryOptions(source_date_epoch=epoch))
            except FetchError as error:
                print(f"{name}: {error.message}", file=sys.stderr)
                return None
            said = "with" if epoch else "without"
            print(f"{file.filename} {said} SOURCE_DATE_EPOCH: {report.outcome}, {report.reason}", flush=True)
            built_s = sum(build.duration_s for build in report.builds)
            print(f"  {report.duration_s:.0f} s, {built_s:.0f} s in builds")
            for item in report.differences:
                print(f"  {item.kind} {item.variations} {item.others}: {item.headline}")
            reports.append(report)
    environment = reports[0].environment
    return Row(
        sdist=file.filename.removesuffix(".tar.gz"),
        backend=environment.backend if environment else "",
        image=environment.image.name if environment else "",
        with_epoch=reports[0],
        without=reports[1],
    )


def table(rows: list[Row]) -> str:
    today = datetime.now(UTC)
    same = sum(row.with_epoch.outcome == "reproducible" for row in rows)
    lines = [
        f"Of {len(rows)} projects, each in its newest release as of {today:%Y-%m-%d}, {same} give a wheel",
        "that depends on none of the variations, where SOURCE_DATE_EPOCH is set:",
        "",
        "| sdist | backend | image | with SOURCE_DATE_EPOCH | builds | s | without | builds | s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [f"`{row.sdist}`", f"`{row.backend}`", f"`{row.image}`"]
        for report in (row.with_epoch, row.without):
            cells += [came_to(report), str(len(report.builds)), f"{report.duration_s:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def came_to(report: VaryReport) -> str:
    if report.outcome == "reproducible":
        return "reproducible"
    if report.failure:
        return f"not built: {report.failure.reason}"
    return "; ".join(dict.fromkeys(map(said, report.differences)))


def said(item: DifferenceFacts) -> str:
    names = ", ".join(f"`{name}`" for name in (*item.variations, *item.others))
    if item.kind == "fails":
        return f"fails with {names}"
    what = [member.name for member in item.members if not member.explained]
    what += [field.field for field in item.fields]
    shown = f"{what[0]} and {len(what) - 1} more" if len(what) > 1 else what[0] if what else "RECORD"
    return f"{names or item.kind}: {shown}"


if __name__ == "__main__":
    main(sys.argv[1:])
