#!/usr/bin/env python3
"""Writes nested.json: scikit-learn 1.2.1's cross_val_score over GridSearchCV on rolling-origin folds, and its plain GridSearchCV, for a ridge and a logistic
regression on a small table. Run with Debian's python3 (python3-sklearn): /usr/bin/python3 make-nested.py"""
import json, pathlib, warnings
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("error")
random = np.random.default_rng(7)
DAYS, A_DAY, TEST = 80, 3, 10
day = np.repeat(np.arange(DAYS), A_DAY)
n = len(day)
exact = lambda values: np.round(values * 64) / 64        # a float holds it to the last bit
wide = exact(random.normal(size=(n, 8)))
wide[:, 1] = exact(wide[:, 0] + 0.2 * wide[:, 1])        # two that go together, so that the penalty matters
sums = wide @ np.array([1, -0.8, 0.3, 0, 0, 0.2, 0, 0]) + 0.01 * day
level = exact(sums + random.normal(0, 1.5, n))
flag = (random.random(n) < 1 / (1 + np.exp(-sums))).astype(int)


class RollingOrigin:
    """Each fold tries the dates that follow what it is trained on; the first column of X is the day."""
    def __init__(self, folds): self.folds = folds
    def get_n_splits(self, X=None, y=None, groups=None): return self.folds
    def split(self, X, y=None, groups=None):
        dates = np.unique(X[:, 0])
        horizon = min(TEST, (len(dates) - 1) // self.folds)
        for fold in range(self.folds):
            end = len(dates) - (self.folds - 1 - fold) * horizon
            first, last = dates[end - horizon], dates[end - 1]
            yield np.where(X[:, 0] < first)[0], np.where((X[:, 0] >= first) & (X[:, 0] <= last))[0]


def nested(model, grid, scoring, target):
    known = day < DAYS - TEST                            # the last days test, and take no part
    X, y = np.column_stack([day, wide])[known], target[known]
    scaled = ColumnTransformer([("scaled", StandardScaler(), list(range(1, 9)))])        # drops the day
    search = GridSearchCV(make_pipeline(scaled, model), grid, scoring=scoring, cv=RollingOrigin(3))
    folds = cross_validate(search, X, y, cv=RollingOrigin(4), scoring=scoring, return_estimator=True)
    plain = search.fit(X, y)
    return {"figures": (-folds["test_score"]).tolist(),
            "searched": [-e.best_score_ for e in folds["estimator"]],
            "chosen": [list(e.best_params_.values())[0] for e in folds["estimator"]],
            "plain": -plain.best_score_}


penalties = [0.1, 1, 10, 100, 1000]
ridge = nested(Ridge(solver="cholesky"), {"ridge__alpha": penalties}, "neg_mean_absolute_error", level)
logistic = nested(LogisticRegression(tol=1e-12, max_iter=100_000), {"logisticregression__C": [1 / p for p in penalties]}, "neg_log_loss", flag)
logistic["chosen"] = [round(1 / c, 6) for c in logistic["chosen"]]
golden = {"days": day.tolist(), "features": wide.ravel().tolist(), "level": level.tolist(), "flag": flag.tolist(), "ridge": ridge, "logistic": logistic}
pathlib.Path(__file__).with_name("nested.json").write_text(json.dumps(golden) + "\n")
print(json.dumps([ridge, logistic], indent=1))
