"""Forecasts an organisation's work by week: tasks completed, and tasks that become overdue.

MindsDB trains one such model for each organisation, on that organisation's weeks alone (BYOM, type `inhouse`: it runs
in MindsDB's own environment, which has numpy and pandas and no scikit-learn).

A candidate is a weighted least squares fit of level, trend and season, with more weight on later weeks; candidates
differ in the season's period, in how fast they forget and in whether there is a trend. Candidates are compared on weeks
before the held-out ones. The error told is measured on the held-out weeks, by rolling origin: every forecast is made
from the weeks before it and nothing else. Where that error is not below the naive forecast's, the naive one is served.
"""

from itertools import product

import numpy as np
import pandas as pd

TARGETS = ("completed", "overdue")
HORIZON = 4  # weeks ahead
MINIMUM = 16  # weeks; fewer leave too little to learn from once some are held out
HELD_OUT = 8  # weeks at most, and never more than a quarter of the history
YEAR = 52
CANDIDATES = tuple(product((1, 2, 4, 13, YEAR), (2.0, 6.0, 26.0, 104.0), (False, True)))  # period, half-life, trend
RIDGE = 0.1


class WorkForecast:
    """What MindsDB calls; its attributes are what MindsDB keeps between the two."""

    def train(self, df, target, args=None):
        weeks = df.assign(week=pd.to_datetime(df["week"])).sort_values("week")
        if len(weeks) < MINIMUM:
            raise ValueError(f"{len(weeks)} weeks are too few: {MINIMUM} are needed")
        self.last_week = weeks["week"].iloc[-1]
        self.history_weeks = len(weeks)
        self.held_out_weeks = held_out(len(weeks))
        self.forecasts = {name: forecast(weeks[name].to_numpy(float)) for name in TARGETS}

    def predict(self, df, args=None):
        """One row for each week asked; empty where the week is not one of the `HORIZON` after the last that was learnt."""
        asked = pd.to_datetime(df["week"])
        steps = ((asked - self.last_week).dt.days // 7 - 1).to_numpy()
        known = (steps >= 0) & (steps < HORIZON)
        answer = pd.DataFrame({"week": df["week"].to_numpy()})
        answer["history_weeks"] = self.history_weeks
        answer["held_out_weeks"] = self.held_out_weeks
        for name, learnt in self.forecasts.items():
            for field in ("value", "naive_value"):
                values = np.where(known, np.take(learnt[field], np.clip(steps, 0, HORIZON - 1)), np.nan)
                answer[name if field == "value" else f"{name}_naive"] = values
            answer[f"{name}_model"] = learnt["model"]
            answer[f"{name}_mae"] = learnt["mae"]
            answer[f"{name}_naive_mae"] = learnt["naive_mae"]
        return answer


def forecast(series):
    """The next `HORIZON` values of `series`, the naive ones, and the mean absolute error of both on the held-out weeks."""
    first = len(series) - held_out(len(series))
    learnt = best_candidates(series[:first])
    naive = min((last_week, last_four_weeks), key=lambda one: error(one, series, first))  # with hindsight: the harder rival
    mae, naive_mae = error(learnt, series, first), error(naive, series, first)
    better = mae < naive_mae
    served = learnt if better else naive
    return {
        "model": "learnt" if better else "naive",
        "value": served(series, HORIZON),
        "naive_value": naive(series, HORIZON),
        "mae": mae,
        "naive_mae": naive_mae,
    }


def held_out(weeks):
    return min(HELD_OUT, weeks // 4)


def best_candidates(series):
    """The mean of the three candidates with the least error on the last weeks of `series`."""
    first = len(series) - held_out(len(series))
    possible = [one for one in CANDIDATES if one[0] * 2 <= first]
    ranked = sorted(possible, key=lambda one: error(lambda past, steps: fit(past, steps, *one), series, first))[:3]
    return lambda past, steps: np.mean([fit(past, steps, *one) for one in ranked], axis=0)


def error(method, series, first):
    """Mean absolute error of `method` from every origin since `first`, each up to `HORIZON` weeks ahead."""
    errors = []
    for origin in range(first, len(series)):
        actual = series[origin : origin + HORIZON]
        errors.append(np.abs(method(series[:origin], len(actual)) - actual))
    return float(np.mean(np.concatenate(errors)))


def fit(past, steps, period, half_life, trend):
    """Level, trend and season by weighted ridge regression, carried on for `steps` weeks; never below zero."""
    weeks = np.arange(len(past) + steps)
    columns = [np.ones(len(weeks))]
    if trend:
        columns.append((weeks - len(past)) / len(past))
    columns.extend(season(weeks, period))
    design = np.column_stack(columns)
    weights = 0.5 ** ((len(past) - 1 - weeks[: len(past)]) / half_life)
    weighted = design[: len(past)] * weights[:, None]
    penalty = np.diag([0.0] + [RIDGE] * (design.shape[1] - 1))
    solution = np.linalg.lstsq(weighted.T @ design[: len(past)] + penalty, weighted.T @ past, rcond=None)[0]
    return np.maximum(design[len(past) :] @ solution, 0.0)


def season(weeks, period):
    """A level of its own for each week of a short period; one smooth wave for a year, whose weeks are seen too seldom."""
    if period == YEAR:
        return [np.sin(2 * np.pi * weeks / YEAR), np.cos(2 * np.pi * weeks / YEAR)]
    return [(weeks % period == phase).astype(float) for phase in range(period)] if period > 1 else []


def last_week(past, steps):
    return np.full(steps, past[-1])


def last_four_weeks(past, steps):
    return np.full(steps, past[-4:].mean())
