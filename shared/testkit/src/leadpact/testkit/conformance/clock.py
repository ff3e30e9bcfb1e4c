"""What a clock must do; subclass it with fixtures `clock`, `step` and `pass_time`.

`step` puts business time forward to an instant; `pass_time` lets so many seconds of the world pass, or does nothing
where they pass by themselves.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from leadpact.kit.clock import Clock

HOUR = timedelta(hours=1)
WITHIN = 5.0
SOON = 0.05
Step = Callable[[datetime], None]
PassTime = Callable[[float], None]


class ClockConformance:
    """Point 10: business time is what somebody says it is, and never goes back."""

    async def test_point10_both_clocks_are_aware_and_utc(self, clock: Clock) -> None:
        assert clock.wall().tzinfo is UTC
        assert clock.business().tzinfo is UTC

    async def test_point10_no_clock_goes_back(self, clock: Clock, step: Step, pass_time: PassTime) -> None:
        readings = [(clock.wall(), clock.business(), clock.monotonic())]
        for _ in range(3):
            step(clock.business() + HOUR)
            pass_time(SOON)
            readings.append((clock.wall(), clock.business(), clock.monotonic()))
        for one in range(3):
            told = [reading[one] for reading in readings]
            assert told == sorted(told)

    async def test_point10_business_time_is_where_it_was_put(self, clock: Clock, step: Step) -> None:
        later = clock.business() + 24 * HOUR
        step(later)
        assert later <= clock.business() < later + HOUR

    async def test_a_sleeper_wakes_when_business_time_is_there_however_it_got_there(
        self, clock: Clock, step: Step
    ) -> None:
        start = clock.business()
        soon = asyncio.create_task(clock.sleep_until(start + HOUR))
        late = asyncio.create_task(clock.sleep_until(start + 9 * HOUR))
        await asyncio.sleep(0)
        assert not soon.done()
        step(start + 2 * HOUR)
        await asyncio.wait_for(soon, WITHIN)
        assert not late.done()
        step(start + 9 * HOUR)
        await asyncio.wait_for(late, WITHIN)

    async def test_nobody_waits_for_what_has_passed(self, clock: Clock) -> None:
        await asyncio.wait_for(clock.sleep_until(clock.business()), WITHIN)
        await asyncio.wait_for(clock.sleep_until(clock.business() - HOUR), WITHIN)
        await asyncio.wait_for(clock.sleep(0), WITHIN)

    async def test_a_sleeper_who_gave_up_wakes_nobody_and_is_not_missed(self, clock: Clock, step: Step) -> None:
        start = clock.business()
        one, other = (asyncio.create_task(clock.sleep_until(start + HOUR)) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        await asyncio.sleep(0)
        assert one.cancelled()
        assert not other.done()
        step(start + HOUR)
        await asyncio.wait_for(other, WITHIN)

    async def test_point10_sleeping_takes_so_many_seconds_of_the_world(self, clock: Clock, pass_time: PassTime) -> None:
        wall, monotonic = clock.wall(), clock.monotonic()
        sleeping = asyncio.create_task(clock.sleep(SOON))
        await asyncio.sleep(0)
        assert not sleeping.done()
        pass_time(SOON)
        await asyncio.wait_for(sleeping, WITHIN)
        assert clock.monotonic() - monotonic >= SOON * 0.99
        assert clock.wall() > wall
