"""Run TLC over a specification: progress while it works, a verdict at the end, a dump if all went well."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from testgen.errors import InputError
from testgen.tlc.command import (
    DEFAULT_STACK,
    LEAST_HEAP,
    STACKS,
    Settings,
    Workspace,
    check_size,
    size_bytes,
    workspace,
)
from testgen.tlc.dump import DumpFile
from testgen.tlc.judgment import Sources, judge
from testgen.tlc.nontermination import DEEPER, explain_recursion, find_recursion
from testgen.tlc.process import Interruption, run_process
from testgen.tlc.transcript import Transcript
from testgen.tlc.verdict import Exploration, Progress, Verdict

__all__ = ["explore"]

EXPLAINING_SECONDS = 60.0
"""How long finding the cause of a stack overflow may take at least; else as long as the run it explains."""


def explore(
    spec: Path,
    config: Path,
    dump: Path | None,
    *,
    workers: int | None = None,
    fingerprint: int | None = None,
    heap: str | None = None,
    stack: str = DEFAULT_STACK,
    check_deadlock: bool | None = None,
    tlc_options: Sequence[str] = (),
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Exploration:
    """Explore the state space of a specification with TLC.

    Args:
        spec: The module file; other modules are found beside it.
        config: The configuration file, anywhere. `CHECK_DEADLOCK` works with every TLC.
        dump: Where the graph goes, `.dot.gz` or `.dot`; None for no dump. Replaced only if the verdict is `OK`.
        workers: Threads, by default one per processor. With several the order of lines in the dump varies.
        fingerprint: Index of TLC's fingerprint polynomial (`-fp`), which fixes TLC's state numbers; random by default.
        heap: Most memory for Java's objects, as in "8g"; by default a quarter of the machine's.
        stack: Java's stack per thread; deep recursion needs more.
        check_deadlock: Overrides the configuration.
        tlc_options: More options for TLC, as they are.
        on_progress: Called about four times a second.

    Returns:
        The verdict and what belongs to it. A violation, an error in the specification or an interruption by SIGINT,
        SIGTERM or SIGHUP (noticed in the main thread only) is a result, not an exception.

    Raises:
        InputError: A file is missing or an argument out of range.
        SurroundingsError: No Java, no TLC, no room or permission to write.

    Nothing is left behind: Java dies with us, and the temporary folder (under TMPDIR; large state spaces need room
    there) is deleted. Only SIGKILL leaves that folder, and a file `.NAME.….part` beside the dump.
    """
    settings = _settings(workers, fingerprint, heap, stack, check_deadlock, tlc_options)
    if not spec.is_file():
        raise InputError(f"there is no specification {spec}")
    if not config.is_file():
        raise InputError(f"there is no configuration {config}")
    started = time.monotonic()
    with ExitStack() as stays:
        interruption = stays.enter_context(Interruption())
        space = stays.enter_context(workspace(spec, config))
        file = stays.enter_context(DumpFile(dump)) if dump is not None else None
        transcript = Transcript()

        def tell_progress() -> None:
            distinct = max(transcript.statistics.distinct_states or 0, file.states if file else 0)
            on_progress(Progress(transcript.phase, distinct, time.monotonic() - started, transcript.statistics))

        status = run_process(
            space.command(settings, dump=file is not None),
            folder=spec.parent,
            environment=space.environment(settings),
            stderr=space.stderr,
            on_line=transcript.add,
            interruption=interruption,
            dump_pipe=space.dump_pipe if file else None,
            on_dump=file.write if file else lambda _: None,
            on_tick=tell_progress,
        )
        transcript.finish()
        seconds = time.monotonic() - started
        if status is None:
            return replace(_interrupted(interruption, transcript), seconds=seconds)
        sources = Sources(spec, config)
        result = judge(transcript, status, space.complaints(), sources)
        if result.verdict is Verdict.NON_TERMINATION:
            on_progress(Progress("looking for the endless recursion", 0, seconds, transcript.statistics))
            result = _explained(result, space, settings, sources, interruption, max(EXPLAINING_SECONDS, seconds))
            if interruption.by is not None:
                result = _interrupted(interruption, transcript)
        if result.verdict is Verdict.OK and file is not None:
            file.publish()
            warnings = tuple(map(_of_merged_states, space.merging))
            result = replace(result, dump=dump, dump_bytes=file.size_bytes, warnings=warnings)
        return replace(result, seconds=time.monotonic() - started)


def _settings(
    workers: int | None,
    fingerprint: int | None,
    heap: str | None,
    stack: str,
    check_deadlock: bool | None,
    tlc_options: Sequence[str],
) -> Settings:
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers cannot work", hint="give at least 1, or leave it to testgen")
    # 131 polynomials in tlc2.util.FP64 of 2.15.
    if fingerprint is not None and not 0 <= fingerprint <= 130:
        raise InputError(f"there is no fingerprint polynomial {fingerprint}", hint="TLC has 0 to 130")
    check_size("heap", heap, LEAST_HEAP, None)
    check_size("stack", stack, *STACKS)
    return Settings(workers or os.cpu_count() or 1, fingerprint, heap, stack, check_deadlock, tuple(tlc_options))


def _of_merged_states(keyword: str) -> str:
    return (
        f"with {keyword} one state of the dump stands for several, so paths through it need not be behaviors of the "
        f"specification; for tests, use a configuration without {keyword}"
    )


def _interrupted(interruption: Interruption, transcript: Transcript) -> Exploration:
    by = f" by {interruption.by.name}" if interruption.by else ""
    return Exploration(
        Verdict.INTERRUPTED,
        f"interrupted{by}; TLC was stopped, no dump was written",
        statistics=transcript.statistics,
        tlc_version=transcript.version,
    )


def _explained(
    result: Exploration,
    space: Workspace,
    settings: Settings,
    sources: Sources,
    interruption: Interruption,
    timeout_seconds: float,
) -> Exploration:
    """Add to a stack overflow what was being evaluated; see `nontermination`."""

    def run(times: int) -> tuple[Transcript, bool]:
        stack = f"{size_bytes(settings.stack) * times // 1024}k"
        again = replace(settings, workers=1, stack=stack, tlc_options=(*settings.tlc_options, "-coverage", "1"))
        transcript = Transcript()
        status = run_process(
            space.command(again, dump=False),
            folder=sources.spec.parent,
            environment=space.environment(again),
            stderr=space.stderr,
            on_line=transcript.add,
            interruption=interruption,
            timeout_seconds=timeout_seconds,
        )
        transcript.finish()
        # Out of time counts as an overflow: nothing can be said against it.
        if status is None:
            return transcript, True
        judged = judge(transcript, status, space.complaints(), sources)
        return transcript, judged.verdict is Verdict.NON_TERMINATION

    recursion = find_recursion(run)
    hint = f"--stack {size_bytes(settings.stack) * DEEPER // 1024}k is enough" if recursion.ends else None
    return replace(
        result,
        message=explain_recursion(recursion, sources, settings.stack),
        call_stack=tuple(place for place in map(sources.place, recursion.places) if place),
        printed=recursion.printed or result.printed,
        hint=hint,
    )
