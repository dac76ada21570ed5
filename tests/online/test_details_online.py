"""The real diffoscope on members of real wheels."""

import shutil
from pathlib import Path

from wheelproof.core.verdict import Verdict
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import download
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex
from wheelproof.pipeline.compare import compare_files
from wheelproof.report.document import MemberDetails

NAME = "MarkupSafe-{}-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"


def test_diffoscope_on_changed_members(tmp_path: Path) -> None:
    paths = []
    with Http() as http:
        index = SimpleIndex(http)
        for version in ("3.0.2", "3.0.1"):
            file = index.project("markupsafe").find(NAME.format(version))
            path = tmp_path / version / file.filename
            path.parent.mkdir()
            shutil.copyfile(download(file, http=http, cache=Cache(tmp_path / "cache")).path, path)
            paths.append(path)
    (result,) = compare_files(*paths, required=Verdict.EXPLAINED, details=True).results
    assert result.notes[0].startswith("diffoscope ")
    assert result.comparison is not None
    details = {member.name: member.details for member in result.comparison.members if member.details}
    native = next(found for name, found in details.items() if name.endswith(".so"))
    assert isinstance(native, MemberDetails)
    assert native.cut == ""
    assert any("PyUnicode_Type" in line for line in native.lines)
