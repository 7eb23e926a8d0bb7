"""What the teams do besides writing code: issues that no pull request answers to."""

from random import Random
from typing import TYPE_CHECKING

from pipelines.simulator import tracker_words as words
from pipelines.simulator.calendar import DAY, HOUR
from pipelines.simulator.days import draw
from pipelines.simulator.tracker_site import Site

if TYPE_CHECKING:
    from pipelines.simulator.company import Company

PRIORITY_WEIGHTS = {"Highest": 4, "High": 18, "Medium": 52, "Low": 20, "Lowest": 6}
POINTS = (1.0, 2.0, 3.0, 5.0, 8.0)
POINTS_WEIGHTS = (22, 28, 26, 17, 7)
OWN_PER_DAY = 0.55  # issues without code, a working day and project


class Chores:
    """Notes down a few issues every working day."""

    def __init__(self, company: "Company", site: Site) -> None:
        self.company = company
        self.site = site
        self.agenda = site.agenda
        self.chance = company.random("tracker", "own")
        self.agenda.at(company.founded_at + 60, self._day)

    def _day(self) -> None:
        """Issues that no code answers to: chores, questions, bugs that were none."""
        company, chance = self.company, self.chance
        day = company.calendar.day_of(self.agenda.now + DAY // 2)
        self.agenda.at(company.calendar.day_start(day) + DAY + 3 * HOUR, self._day)
        if company.calendar.is_working_day(day):
            for _ in range(draw(chance, OWN_PER_DAY * len(self.site.projects))):
                at = chance.randrange(company.calendar.opening(day), company.calendar.closing(day))
                self.agenda.at(at, self._note_down)

    def _note_down(self) -> None:
        chance = self.chance
        kind = chance.choices(("story", "task", "bug"), (25, 50, 25))[0]
        texts = {"story": words.STORIES, "task": words.TASKS, "bug": words.BUGS}
        service = chance.choice(self.company.services)
        thing = chance.choice(words.THINGS)
        summary = chance.choice(texts[kind]).format(thing=thing, component=service.component)
        self.site.create(
            self.site.operations,
            kind,
            summary[0].upper() + summary[1:],
            chance.choice(self.company.humans),
            service.component,
            description=None if chance.random() < 0.5 else f"Asked for in the weekly meeting: {thing}.",
            priority=chance.choices(list(PRIORITY_WEIGHTS), list(PRIORITY_WEIGHTS.values()))[0],
            points=estimate_of(chance, kind),
        )


def estimate_of(chance: Random, kind: str) -> float | None:
    """An estimate; some issues, bugs more often, have none."""
    if chance.random() < (0.4 if kind == "bug" else 0.12):
        return None
    return chance.choices(POINTS, POINTS_WEIGHTS)[0]
