#!/usr/bin/env python3
"""Writes report.json: what scikit-learn measures of small sets, and its permutation importance. Run with Debian's python3 (python3-sklearn 1.2.1): /usr/bin/python3 make-golden.py"""
import json, pathlib
import numpy as np
from sklearn import metrics as m
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

random = np.random.default_rng(11)
golden = {}

n = 400
truth = (random.random(n) < 0.3).astype(int)
scores = np.round(np.clip(0.25 + 0.3 * truth + random.normal(0, 0.2, n), 0.01, 0.99), 2)
weights = np.round(random.exponential(1, n), 3)
threshold, costs = 0.42, np.array([[0, 100.0], [5, 0]])          # [high, low] x [above, below]
binary = {"scores": scores.tolist(), "truth": truth.tolist(), "weights": weights.tolist(), "threshold": threshold, "cases": []}
for w in (None, weights):
    decided = (scores >= threshold).astype(int)
    ww = np.ones(n) if w is None else w
    cost = (ww * np.where(truth == 1, np.where(decided == 1, 0, 100), np.where(decided == 1, 5, 0))).sum() / ww.sum()
    precision, recall, _ = m.precision_recall_curve(truth, scores, sample_weight=w)
    binary["cases"].append({"weighted": w is not None, "figures": {
        "roc_auc": m.roc_auc_score(truth, scores, sample_weight=w), "average_precision": m.average_precision_score(truth, scores, sample_weight=w),
        "log_loss": m.log_loss(truth, scores, sample_weight=w), "brier": m.brier_score_loss(truth, scores, sample_weight=w),
        "accuracy": m.accuracy_score(truth, decided, sample_weight=w), "balanced_accuracy": m.balanced_accuracy_score(truth, decided, sample_weight=w),
        "precision": m.precision_score(truth, decided, sample_weight=w), "recall": m.recall_score(truth, decided, sample_weight=w),
        "f1": m.f1_score(truth, decided, sample_weight=w), "mcc": m.matthews_corrcoef(truth, decided, sample_weight=w),
        "cost_per_decision": cost, "precision_at_recall": max(p for p, r in zip(precision[:-1], recall[:-1]) if r >= 0.8)}})
golden["binary"] = binary

n = 300
truth = random.gamma(2, 20, n)
predicted = truth * 0.8 + random.normal(0, 8, n) + 5
weights = np.round(random.exponential(1, n), 3)
lower, upper = predicted - 12, predicted + 12
numbers = {"predicted": predicted.tolist(), "truth": truth.tolist(), "weights": weights.tolist(), "cases": []}
for w in (None, weights):
    ww = np.ones(n) if w is None else w
    numbers["cases"].append({"weighted": w is not None, "figures": {
        "mae": m.mean_absolute_error(truth, predicted, sample_weight=w), "rmse": m.mean_squared_error(truth, predicted, sample_weight=w) ** 0.5,
        "r2": m.r2_score(truth, predicted, sample_weight=w), "wape": (ww * abs(truth - predicted)).sum() / (ww * abs(truth)).sum(),
        "bias": (ww * (predicted - truth)).sum() / ww.sum(), "pinball": m.mean_pinball_loss(truth, predicted, alpha=0.7, sample_weight=w),
        "mape": m.mean_absolute_percentage_error(truth, predicted, sample_weight=w)}})
golden["numbers"] = numbers

n, k = 350, 4
truth = random.integers(0, k, n)
logits = random.normal(0, 1, (n, k)); logits[np.arange(n), truth] += 1.2
p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
weights = np.round(random.exponential(1, n), 3)
classes = {"scores": p.ravel().tolist(), "truth": truth.tolist(), "weights": weights.tolist(), "classes": k, "cases": []}
for w in (None, weights):
    d = p.argmax(1)
    classes["cases"].append({"weighted": w is not None, "figures": {
        "log_loss": m.log_loss(truth, p, sample_weight=w), "accuracy": m.accuracy_score(truth, d, sample_weight=w), "balanced_accuracy": m.balanced_accuracy_score(truth, d, sample_weight=w),
        "macro_precision": m.precision_score(truth, d, average="macro", sample_weight=w),
        "macro_recall": m.recall_score(truth, d, average="macro", sample_weight=w),
        "macro_f1": m.f1_score(truth, d, average="macro", sample_weight=w),
        "macro_roc_auc": m.roc_auc_score(truth, p, multi_class="ovr", average="macro", sample_weight=w),
        "weighted_roc_auc": m.roc_auc_score(truth, p, multi_class="ovr", average="weighted", sample_weight=w)}})
golden["classes"] = classes

n = 600
x = np.round(random.normal(0, 1, (n, 3)), 4)
y = 3 * x[:, 0] - 1 * x[:, 1] + random.normal(0, 0.5, n)
model = LinearRegression().fit(x[:300], y[:300])
found = permutation_importance(model, x[300:], y[300:], scoring="neg_mean_absolute_error", n_repeats=400, random_state=3)
golden["permutation"] = {"x": x.ravel().tolist(), "y": np.round(y, 6).tolist(), "mean": found.importances_mean.tolist(), "deviation": found.importances_std.tolist(), "repeats": 400,
                         "weights": model.coef_.tolist(), "intercept": float(model.intercept_)}
pathlib.Path(__file__).with_name("report.json").write_text(json.dumps(golden, separators=(",", ":")))
