#!/usr/bin/env python3
"""Writes golden.json: what scikit-learn makes of small, awkward columns. Run with Debian's python3 (python3-sklearn 1.2.1): /usr/bin/python3 make-golden.py"""
import json, pathlib
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error, roc_auc_score
from sklearn.preprocessing import StandardScaler

random = np.random.default_rng(7)
columns = {
    "normal": random.normal(100, 15, 101),
    "even count": random.normal(0, 1, 100),
    "large mean": random.normal(1e9, 1e-2, 200),
    "constant": np.full(50, 0.1),
    "ties": random.integers(0, 5, 77).astype(float),
    "holes": np.where(random.random(120) < 0.3, np.nan, random.exponential(3, 120)),
    "one": np.array([4.25]),
}
golden = {"columns": []}
for name, values in columns.items():
    column = values.reshape(-1, 1)
    scaler = StandardScaler().fit(column)
    golden["columns"].append({
        "name": name,
        "values": [None if np.isnan(v) else float(v) for v in values],
        "median": float(SimpleImputer(strategy="median").fit(column).statistics_[0]),
        "mean": float(SimpleImputer(strategy="mean").fit(column).statistics_[0]),
        "mostFrequent": float(SimpleImputer(strategy="most_frequent").fit(column).statistics_[0]),
        "scaleMean": float(scaler.mean_[0]),
        "scale": float(scaler.scale_[0]),
    })

features = random.normal(size=(300, 6)).astype(np.float32)
features[:, 5] = (features[:, 0] > 0)
target = features @ np.array([1, -2, 0.5, 0, 3, 10]) + 7 + random.normal(0, 0.3, 300)
golden["ridge"] = {"features": features.astype(float).ravel().tolist(), "width": 6, "target": target.tolist(), "solutions": []}
for alpha in (0.0, 1.0, 100.0):
    ridge = Ridge(alpha=alpha, solver="cholesky").fit(features.astype(float), target)
    golden["ridge"]["solutions"].append({"alpha": alpha, "weights": ridge.coef_.tolist(), "intercept": float(ridge.intercept_)})

truth = random.normal(50, 20, 500)
predicted = truth + random.normal(0, 5, 500)
flags = (random.random(400) < 0.3).astype(float)
scores = np.round(np.clip(flags * 0.3 + random.random(400) * 0.7, 0, 1), 2)
golden["metrics"] = {
    "truth": truth.tolist(), "predicted": predicted.tolist(), "mae": mean_absolute_error(truth, predicted), "rmse": mean_squared_error(truth, predicted, squared=False),
    "flags": flags.tolist(), "scores": scores.tolist(), "rocAuc": roc_auc_score(flags, scores), "logLoss": log_loss(flags, scores, eps=2.220446049250313e-16),
}
pathlib.Path(__file__).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")
