"""Chance that depends on nothing but its key, so that the past of the world never changes."""

from functools import lru_cache
from hashlib import blake2b
from math import cos, floor, pi, sqrt
from random import Random


@lru_cache(maxsize=1 << 17)
def uniform(key: str, position: int) -> float:
    """A number in [0, 1) that belongs to this key and position for ever."""
    digest = blake2b(f"{key}|{position}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def wave(key: str, at: float) -> float:
    """A smooth curve in [-1, 1]: independent values at whole positions, joined by half cosines."""
    left = floor(at)
    weight = (1 - cos(pi * (at - left))) / 2
    before, after = uniform(key, left), uniform(key, left + 1)
    return 2 * (before + (after - before) * weight) - 1


def bell(key: str, position: int) -> float:
    """Roughly normal, mean 0 and standard deviation 1 (four uniforms)."""
    total = sum(uniform(f"{key}~{part}", position) for part in range(4))
    return (total - 2) * sqrt(3)


def poisson(random: Random, mean: float) -> int:
    """How many events fall into a span in which `mean` are expected (for means below about 50)."""
    limit, count, product = pow(2.718281828459045, -mean), 0, random.random()
    while product > limit:
        product *= random.random()
        count += 1
    return count
