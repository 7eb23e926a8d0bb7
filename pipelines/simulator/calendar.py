"""When people work: Monday to Friday, nine to six in the company's zone."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
HOUR = 3_600
FIRST_HOUR, LAST_HOUR = 9, 18


class Calendar:
    """Working hours of one time zone, over instants of whole seconds."""

    def __init__(self, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)
        self.day_start = lru_cache(maxsize=4096)(self._day_start)

    def _day_start(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def day_of(self, instant: int) -> date:
        """The local day that holds an instant."""
        return datetime.fromtimestamp(instant, UTC).astimezone(self.zone).date()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5

    def opening(self, day: date) -> int:
        return self.day_start(day) + FIRST_HOUR * HOUR

    def closing(self, day: date) -> int:
        return self.day_start(day) + LAST_HOUR * HOUR

    def work_after(self, instant: int, hours: float) -> int:
        """The instant at which `hours` of working time have passed since `instant`."""
        left = max(0, int(hours * HOUR))
        day = self.day_of(instant)
        while True:
            if self.is_working_day(day):
                start, end = max(self.opening(day), instant), self.closing(day)
                if start < end:
                    if left < end - start:
                        return start + left
                    left -= end - start
            day += timedelta(days=1)
