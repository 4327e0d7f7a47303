"""`score_suites`: the same mutants for several suites, who notices which, and what that is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from testgen.coverage.branches import CodeMap, map_source
from testgen.coverage.extra import check_mutmut_is_installed
from testgen.coverage.judgments import Judgment, read_judgments
from testgen.coverage.mutant import Mutant
from testgen.coverage.mutant_runs import MutatedSuite, run_mutants
from testgen.coverage.mutants import make_mutants, read_patches
from testgen.coverage.source import Source
from testgen.coverage.suites import SuiteRequest, check_requests
from testgen.errors import InputError

__all__ = ["MutationScore", "score_suites"]


@dataclass(frozen=True)
class MutationScore:
    """Suites side by side on the same mutants.

    Attributes:
        source: What was mutated.
        code: Its files and functions.
        mutants: In order of files and lines, then patches.
        suites: In the order asked for.
        judgments: Of these mutants, by id.
        stale: Ids that were judged, but are no mutants (any more).
    """

    source: Source
    code: CodeMap
    mutants: tuple[Mutant, ...]
    suites: tuple[MutatedSuite, ...]
    judgments: Mapping[str, Judgment]
    stale: tuple[str, ...]

    def is_equivalent(self, mutant: Mutant) -> bool:
        """Whether the mutant was judged to be no fault."""
        judgment = self.judgments.get(mutant.id)
        return judgment is not None and judgment.verdict == "equivalent"

    @property
    def counted(self) -> tuple[Mutant, ...]:
        """The mutants that count in scores."""
        return tuple(mutant for mutant in self.mutants if not self.is_equivalent(mutant))

    def killed(self, suite: MutatedSuite) -> tuple[Mutant, ...]:
        """The counted mutants that `suite` notices."""
        return tuple(mutant for mutant in self.counted if suite.verdicts[mutant.id].is_kill)

    def score(self, suite: MutatedSuite) -> float:
        """How many of 100 counted mutants `suite` notices."""
        return 100 * len(self.killed(suite)) / len(self.counted)

    def only(self, suite: MutatedSuite) -> tuple[Mutant, ...]:
        """The counted mutants that `suite` notices and no other."""
        others = [other for other in self.suites if other is not suite]
        return tuple(m for m in self.killed(suite) if not any(other.verdicts[m.id].is_kill for other in others))

    def ends(self, suite: MutatedSuite) -> Counter[str]:
        """How many counted mutants ended how: by exception where a test failed."""
        verdicts = (suite.verdicts[mutant.id] for mutant in self.counted)
        return Counter(verdict.exception or verdict.end for verdict in verdicts)

    @property
    def unnoticed(self) -> tuple[Mutant, ...]:
        """The counted mutants that no suite notices."""
        return tuple(m for m in self.counted if not any(suite.verdicts[m.id].is_kill for suite in self.suites))

    @property
    def noticed_by_some(self) -> tuple[Mutant, ...]:
        """The counted mutants that some suites notice and others do not."""
        ends = {m.id: {suite.verdicts[m.id].is_kill for suite in self.suites} for m in self.counted}
        return tuple(mutant for mutant in self.counted if len(ends[mutant.id]) == 2)

    @property
    def is_sound(self) -> bool:
        """Whether the scores mean what they say: all suites pass without a mutant, and no judgment was refuted."""
        return not self.misjudged and not any(suite.failing or suite.unsound for suite in self.suites)

    @property
    def misjudged(self) -> tuple[tuple[Mutant, str], ...]:
        """Mutants judged equivalent that a suite notices all the same, with the test."""
        return tuple(
            (mutant, suite.verdicts[mutant.id].test or suite.name)
            for mutant in self.mutants
            if self.is_equivalent(mutant)
            for suite in self.suites
            if suite.verdicts[mutant.id].is_kill
        )


def score_suites(
    requests: Sequence[SuiteRequest],
    source: Source,
    *,
    patches: Sequence[Path] = (),
    judgments: Path | None = None,
    only: Sequence[str] = (),
    jobs: int = 2,
    on_suite: Callable[[str, int], None] = lambda name, mutants: None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> MutationScore:
    """Run every suite against every mutant of `source`.

    Args:
        requests: Suites of tests, at least one; their names differ.
        source: What to mutate.
        patches: Unified diffs that are mutants as well.
        judgments: A file; see `read_judgments`.
        only: Ids of the mutants to run; all if it is empty.
        jobs: How many run at a time.
        on_suite: Called with a suite's name and the number of mutants before it runs.
        on_progress: Called with how many of them are done.

    Raises:
        InputError: There is nothing to mutate, a patch or judgment cannot be read, or a suite cannot be run.
        SurroundingsError: mutmut is not installed.
    """
    check_mutmut_is_installed()
    check_requests(requests)
    judged = {} if judgments is None else read_judgments(judgments)
    code = map_source(source)
    mutants = _distinct((*make_mutants(code), *read_patches(patches, code)))
    stale = tuple(sorted(judged.keys() - {mutant.id for mutant in mutants}))
    if only:
        mutants = _chosen(mutants, only)
    suites = []
    for request in requests:
        on_suite(request.name, len(mutants))
        suites.append(run_mutants(request, mutants, source, code, jobs=jobs, on_progress=on_progress))
    known = {mutant.id: judged[mutant.id] for mutant in mutants if mutant.id in judged}
    score = MutationScore(source, code, mutants, tuple(suites), known, stale)
    if not score.counted:
        raise InputError(f"all {len(mutants):,} mutants are judged equivalent: there is nothing to be noticed")
    return score


def _distinct(mutants: Sequence[Mutant]) -> tuple[Mutant, ...]:
    """Give mutants whose digests coincide a longer id; refuse two patches of one name."""
    seen: Counter[str] = Counter()
    distinct = []
    for mutant in mutants:
        seen[mutant.id] += 1
        if seen[mutant.id] > 1 and mutant.operator == "patch":
            raise InputError(f"two patches are named {mutant.id!r}")
        distinct.append(mutant if seen[mutant.id] == 1 else replace(mutant, id=f"{mutant.id}-{seen[mutant.id]}"))
    return tuple(distinct)


def _chosen(mutants: Sequence[Mutant], only: Sequence[str]) -> tuple[Mutant, ...]:
    known = {mutant.id for mutant in mutants}
    for name in only:
        if name not in known:
            raise InputError(f"there is no mutant {name!r}", hint="ids are told by --json and -v")
    return tuple(mutant for mutant in mutants if mutant.id in set(only))
