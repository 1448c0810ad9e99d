"""Requests a minute against a count of every request in the sixty seconds before."""

from __future__ import annotations

import random

from advisor.adapters.channels.headers import language_of
from advisor.adapters.channels.http.rate import Rate


def test_no_minute_takes_twice_the_limit_and_a_steady_caller_gets_it_all() -> None:
    draw, clock = random.Random(5), [1_000.0]
    rate = Rate(100, lambda: clock[0])
    taken: list[float] = []
    for _ in range(20_000):
        clock[0] += draw.expovariate(5.0)
        if rate.wait("k") == 0:
            taken.append(clock[0])
    for i, moment in enumerate(taken):
        window = [t for t in taken[max(0, i - 250) : i + 1] if t > moment - 60.0]
        assert len(window) <= 160, "an even spread of the minute before is assumed"
    assert len(taken) >= 0.9 * 100 * (taken[-1] - taken[0]) / 60.0
    assert rate.wait("another") == 0


def test_after_the_wait_a_request_is_taken() -> None:
    clock = [30.0]
    rate = Rate(3, lambda: clock[0])
    assert [rate.wait("k") for _ in range(3)] == [0, 0, 0]
    for _ in range(5):
        wait = rate.wait("k")
        assert 1 <= wait <= 60
        clock[0] += wait
        if rate.wait("k") == 0:
            break
    else:
        raise AssertionError("never taken again")
    clock[0] += 600.0
    assert rate.wait("k") == 0


def test_the_language_with_the_highest_quality_is_spoken() -> None:
    """RFC 9110, 12.5.4; without a quality it is 1, and 0 is not wanted."""
    assert language_of("en;q=0.3, zh;q=0.9") == "zh"
    assert language_of("zh;q=0.3,en") == "en"
    assert language_of("zh-Hans-CN") == "zh"
    assert language_of("zh;q=0") is None
    assert language_of("fr, de;q=0.5") is None
    assert language_of("en;q=x, zh;q=0.1") == "zh"
    assert language_of(None) is None
    assert language_of("en;Q=0.2 , ZH ; q=0.4") == "zh"
