"""What is said of a model that answers no better than chance."""

from edgeprune.dataset_io.suitability.trial import Answers, Trial


def chance_warning(trial: Trial, answers: Answers, tried: tuple[str, ...]) -> str | None:
    """A warning where these answers, the best there are, need no look at the inputs; tried: what `--scale` calls them.

    For classes, chance is to answer one of them always; for quantities, their mean.
    """
    if not trial.knows_nothing(answers):
        return None
    scalings = f"--scale {tried[0]}" if len(tried) == 1 else f"every scaling that was tried ({', '.join(tried)})"
    of = f"on {len(answers.verdicts.error)} examples of the {trial.origin} part, with {scalings}"
    if answers.verdicts.hit is None:
        return (
            f"the model answers no better than the mean of the labels {of}: what is made from it will be of no use. "
            "Prepare the inputs as in its training (--scale FACTOR, MIN:MAX or standard), and the labels as well "
            "(their range, --label for another column)"
        )
    return (
        f"the model answers no better than chance {of}: what is made from it will be of no use. Give the data as in "
        "its training: another scaling (--scale FACTOR, MIN:MAX or standard), the classes in their order, counted "
        "from 0, the colours in theirs (red or blue first); or it was never trained"
    )
