"""Prediction intervals from the errors of the backtest (conformal), steadied by what was pooled over many series."""

from dataclasses import dataclass

import numpy as np

from pipelines.signals.members import HORIZON, Array

LEVELS = (0.80, 0.95)
POOLED_RATIOS = (1.59, 2.68)  # quantile of |r| over its mean, pooled over 46 series
WIDENING = (1.08, 1.20)  # the quantiles of so few origins are too small by this much
# How the error grows with the days ahead: .77 on day 1, 1.14 on day 30, about 1 on average.
GROWTH = 0.689 + 0.083 * np.sqrt(np.arange(1, HORIZON + 1))


@dataclass(frozen=True)
class Band:
    """Lower and upper ends, as (…, HORIZON), for 80 % and 95 %."""

    lower_80: Array
    upper_80: Array
    lower_95: Array
    upper_95: Array


def widths(residuals: Array) -> tuple[float, float]:
    """The two half-widths for a growth of 1, from backtest residuals (origins, HORIZON) in model space."""
    ratios = (np.abs(residuals) / GROWTH)[~np.isnan(residuals)]
    mean = ratios.mean()
    quantiles = np.quantile(ratios, LEVELS)
    half = [
        (quantile + ratio * mean) / 2 * wider
        for quantile, ratio, wider in zip(quantiles, POOLED_RATIOS, WIDENING, strict=True)
    ]
    return half[0], max(half)


def pooled_widths(one_step_error: float) -> tuple[float, float]:
    """The same where there are too few origins, from the mean absolute one-step error in sample."""
    mean = one_step_error / GROWTH[0]
    half = [ratio * mean * wider for ratio, wider in zip(POOLED_RATIOS, WIDENING, strict=True)]
    return half[0], half[1]


def band(point: Array, half_widths: tuple[float, float]) -> Band:
    """The band around a forecast in model space; transformed back, it still holds the point."""
    narrow, wide = (width * GROWTH for width in half_widths)
    return Band(point - narrow, point + narrow, point - wide, point + wide)
