"""LCOV and Cobertura, as coverage.py itself writes them: one file a suite, since these formats know no contexts."""

from __future__ import annotations

from pathlib import Path

from coverage import Coverage

from testgen.coverage.branches import CodeMap
from testgen.coverage.suites import SuiteRun

__all__ = ["write_formats"]


def write_formats(run: SuiteRun, code: CodeMap, *, lcov: Path | None, xml: Path | None) -> None:
    """Write `NAME.info` to the folder `lcov` and `NAME.xml` to the folder `xml`, where they are given.

    Functions that the user left out are in these files: coverage.py knows nothing of our omissions.
    """
    for folder, ending in ((lcov, ".info"), (xml, ".xml")):
        if folder is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        measuring = Coverage(data_file=str(run.data_file))
        measuring.load()
        report = measuring.lcov_report if ending == ".info" else measuring.xml_report
        report(outfile=str(folder / f"{run.name}{ending}"), include=[str(file.path) for file in code.files])
