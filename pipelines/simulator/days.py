"""What a day brings: who begins what, and when. Each day is drawn when it begins, from its own stream of chance."""

from typing import TYPE_CHECKING

from pipelines.simulator.calendar import DAY

if TYPE_CHECKING:
    from pipelines.simulator.company import Company


def live(company: "Company") -> None:
    """Plan the day that begins now, and the next."""
    company.at(company.calendar.day_start(company.calendar.day_of(company.now + DAY + DAY // 8)), live, company)
