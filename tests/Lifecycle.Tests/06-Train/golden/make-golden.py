#!/usr/bin/env python3
"""Writes linear.json and trees.json: what scikit-learn 1.2.1 and XGBoost 1.7.4 make of small tables.
Run with Debian's python3 (python3-sklearn, python3-xgboost): /usr/bin/python3 make-golden.py .../shared/data/tabular-small/abalone.csv"""
import json, pathlib, sys, warnings
import numpy as np, xgboost
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge

here = pathlib.Path(__file__)
warnings.simplefilter("error")

# ── linear models ──
random = np.random.default_rng(11)
rows, width = 300, 6
features = random.normal(size=(rows, width))
features[:, 1] = features[:, 1] * 3 + 20            # a mean far from 0
features[:, 3] = features[:, 0] * 0.9 + features[:, 3] * 0.3     # two that go together
features[:, 5] = features[:, 5] > 0.4
features = features.astype(np.float32).astype(float)
sums = features @ np.array([1, -0.4, 0.5, 0, 0.7, 2]) + 8
target = sums + random.normal(0, 0.7, rows)
flags = (random.random(rows) < 1 / (1 + np.exp(-sums))).astype(int)
classes = np.digitize(sums + random.normal(0, 1.5, rows), [-0.5, 1.5])
weights = np.round(random.random(rows) * 2, 3)
golden = {"features": features.ravel().tolist(), "width": width, "target": target.tolist(), "flags": flags.tolist(), "classes": classes.tolist(), "weights": weights.tolist(), "models": []}

def add(kind, of, alpha, share, weighted, balanced, model):
    golden["models"].append({"kind": kind, "of": of, "alpha": alpha, "share": share, "weighted": weighted, "balanced": balanced,
                             "weights": np.atleast_2d(model.coef_).ravel().tolist(), "intercepts": np.atleast_1d(model.intercept_).tolist()})

def moved(model, truth, w):
    """Solvers are slow with a mean far from 0; the intercept is not penalised, so it may be moved there and back."""
    centre = features.mean(axis=0)
    model.fit(features - centre, truth, sample_weight=w)
    model.intercept_ = model.intercept_ - model.coef_ @ centre
    return model

for weighted in (False, True):
    w = weights if weighted else None
    add("ridge", "target", 0, 0, weighted, False, LinearRegression().fit(features, target, sample_weight=w))
    for alpha in (0.5, 30):
        add("ridge", "target", alpha, 0, weighted, False, Ridge(alpha=alpha, solver="cholesky").fit(features, target, sample_weight=w))
    for alpha, share in ((0.01, 1), (0.3, 1), (0.05, 0.5), (0.5, 0.2)):
        net = ElasticNet(alpha=alpha, l1_ratio=share, tol=1e-14, max_iter=1_000_000) if share < 1 else Lasso(alpha=alpha, tol=1e-14, max_iter=1_000_000)
        add("net", "target", alpha, share, weighted, False, net.fit(features, target, sample_weight=w))
    for of, truth in (("flags", flags), ("classes", classes)):
        for penalty, balanced in ((1, False), (0.05, False), (20, True)):
            model = LogisticRegression(C=1 / penalty, solver="saga", multi_class="multinomial" if of == "classes" else "ovr", tol=1e-12, max_iter=1_000_000, class_weight="balanced" if balanced else None)
            add("logistic", of, penalty, 0, weighted, balanced, moved(model, truth, w))
        for penalty, share in ((2, 1), (10, 0.4)):
            model = LogisticRegression(penalty="elasticnet", l1_ratio=share, C=1 / penalty, solver="saga", multi_class="multinomial" if of == "classes" else "ovr", tol=1e-12, max_iter=1_000_000)
            add("logistic", of, penalty, share, weighted, False, moved(model, truth, w))
here.with_name("linear.json").write_text(json.dumps(golden) + "\n")

# ── trees ──
lines = [line.split(",") for line in pathlib.Path(sys.argv[1]).read_text().split()]
sexes = np.array([["F", "I", "M"].index(line[0]) for line in lines])
matrix = np.array([line[1:8] for line in lines], dtype=np.float32)
matrix[::17, 2] = np.nan
rings = np.array([int(line[8]) for line in lines])
weights = 0.5 + np.arange(len(rings)) % 4
cases = []
common = {"tree_method": "hist", "max_depth": 6, "eta": 0.1, "nthread": 1, "seed": 0}
for loss, objective, label, base, extra in (
    ("Squared", "reg:squarederror", rings, "mean", {}),
    ("Squared", "reg:squarederror", rings, "mean", {"subsample": 0.7, "colsample_bytree": 0.8, "lambda": 3, "alpha": 0.5, "gamma": 1, "min_child_weight": 5, "max_bin": 64, "max_depth": 4, "seed": 7}),
    ("Absolute", "reg:absoluteerror", rings, "median", {}),
    ("PseudoHuber", "reg:pseudohubererror", rings, "median", {"huber_slope": 2}),
    ("Poisson", "count:poisson", rings, "mean", {}),
    ("Gamma", "reg:gamma", rings, "mean", {}),
    ("Tweedie", "reg:tweedie", rings, "mean", {"tweedie_variance_power": 1.3}),
    ("Logistic", "binary:logistic", rings > 9, "mean", {}),
    ("Softmax", "multi:softprob", sexes, "half", {"num_class": 3}),
):
    for weighted in (False, True):
        w = weights if weighted else np.ones(len(rings))
        label = label.astype(float)
        start = {"mean": np.average(label, weights=w), "median": float(np.median(np.repeat(label, (w * 2).astype(int)))), "half": 0.5}[base]
        data = xgboost.QuantileDMatrix(matrix, label, weight=weights if weighted else None, max_bin=extra.get("max_bin", 256))
        booster = xgboost.train({**common, **extra, "objective": objective, "base_score": float(np.float32(start))}, data, 40)
        predicted = booster.predict(xgboost.DMatrix(matrix[::40]))
        cases.append({"loss": loss, "weighted": weighted, "settings": extra, "predicted": [float(p) for p in predicted.ravel()]})
here.with_name("trees.json").write_text(json.dumps({"every": 40, "cases": cases}) + "\n")
