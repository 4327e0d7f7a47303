"""The workflow of `testgen help ci`, read as GitHub reads it, its steps run in a project."""

import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import make_project

TOPIC = files("testgen.cli").joinpath("topics", "ci.md").read_text(encoding="utf-8")
PROJECT = """
[suites.store]
graph = "store.dot"
binding = "bindings/store.py:Store"
criterion = "transitions"
"""


@pytest.fixture
def project(store: Path, tmp_path: Path) -> Path:
    project = make_project(tmp_path / "project", store)
    shutil.rmtree(project / "generated")
    (project / "store.dot").write_bytes(store.read_bytes())
    (project / "testgen.toml").write_text(PROJECT)
    return project


def workflow() -> dict[str, Any]:
    (block,) = re.findall(r"^    name: conformance\n(?:    .*\n)+", TOPIC, re.MULTILINE)
    jobs: dict[str, Any] = yaml.safe_load(block)["jobs"]
    return jobs


def run(job: dict[str, Any], folder: Path, **values: str) -> None:
    """Run the steps of a job that are commands, but for the installation."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    for step in job["steps"]:
        command = re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda name: values[name[1]], step.get("run", ""))
        assert "${{" not in command
        if command and not command.startswith("pip install"):
            subprocess.run(["bash", "-e", "-c", command], cwd=folder, env=environment | step.get("env", {}), check=True)


def test_workflow_of_the_topic_runs(project: Path) -> None:
    jobs = workflow()
    shards = [str(shard) for shard in jobs["tests"]["strategy"]["matrix"]["shard"]]
    for shard in shards:
        run(jobs["tests"], project, shard=shard)
        assert 'tests="' in (project / "results" / f"junit-{shard}.xml").read_text()
    run(jobs["summary"], project)
    summary = (project / "summary.md").read_text()
    assert summary.startswith("## What of the specification was executed\n```\n")
    assert re.search(r"transitions +\d", summary), summary


def test_workflow_keeps_results_of_failing_runs_and_fails_for_coverage(project: Path) -> None:
    jobs = workflow()
    assert jobs["summary"]["if"] == "always()"
    assert any(step.get("if") == "always()" and "upload" in step["uses"] for step in jobs["tests"]["steps"])
    run(jobs["tests"], project, shard="1")
    shutil.copytree(project / "results" / "runs-1", project / "results" / "runs-2")
    with pytest.raises(subprocess.CalledProcessError, match="exit status 1"):  # half of the suite
        run(jobs["summary"], project)
    assert "transitions" in (project / "summary.md").read_text()
