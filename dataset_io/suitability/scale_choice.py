"""`--scale auto`: the convention under which the model answers best, by examples whose labels are known."""

from collections.abc import Mapping
from dataclasses import dataclass

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.preprocess import Preparation
from edgeprune.dataset_io.suitability.trial import FEW_EXAMPLES, Answers, Trial


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The chosen convention, and the answers under each; a first, clear look had fewer examples than the rest."""

    name: str
    answers: Mapping[str, Answers]

    @property
    def chosen(self) -> Answers:
        """The answers under the chosen convention."""
        return self.answers[self.name]


def choose_scale(trial: Trial, ways: Mapping[str, Preparation]) -> Choice:
    """Ask the model under each convention. The first of `ways` is the usual one: others have to beat it beyond noise.

    A convention under which the model cannot compute (numbers outside its tables) is left out.
    """
    usual = next(iter(ways))
    answers = {usual: trial.ask(ways[usual], stop=FEW_EXAMPLES)}
    for name in list(ways)[1:]:
        try:
            answers[name] = trial.ask(ways[name], stop=FEW_EXAMPLES)
        except DataError:
            continue
    best = max(answers.values(), key=lambda found: found.verdicts.order)
    close = [name for name, found in answers.items() if not best.verdicts.beats(found.verdicts)]
    if len(close) > 1 or trial.knows_nothing(best):
        for name in close:
            if trial.size > FEW_EXAMPLES:
                answers[name] = answers[name].joined(trial.ask(ways[name], start=FEW_EXAMPLES), trial.task)
    return Choice(name=_winner(usual, close, answers), answers=answers)


def _winner(usual: str, close: list[str], answers: Mapping[str, Answers]) -> str:
    ranked = sorted(close, key=lambda name: answers[name].verdicts.order, reverse=True)
    if usual not in close:
        return ranked[0]
    return next((name for name in ranked if answers[name].verdicts.beats(answers[usual].verdicts)), usual)


def scores(choice: Choice) -> str:
    """What was measured, and that of each convention with the number of examples, the chosen one's first."""
    names = sorted(choice.answers, key=lambda name: name != choice.name)
    knows_classes = choice.chosen.verdicts.hit is not None
    what = "share of right answers and cross-entropy" if knows_classes else "squared error (the labels' mean: 1)"
    return f"{what}: " + "; ".join(f"{name} {_score(choice.answers[name])}" for name in names)


def _score(answers: Answers) -> str:
    hit, error = answers.verdicts.hit, answers.verdicts.error
    shown = f"{error.mean():.3g} ({len(error)})"
    return shown if hit is None else f"{hit.mean():.3f}, {shown}"
