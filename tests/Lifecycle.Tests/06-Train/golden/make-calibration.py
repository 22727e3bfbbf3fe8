#!/usr/bin/env python3
"""Writes calibration.json: what scikit-learn 1.2.1 and scipy make of probabilities that are too sure of themselves.
Run with Debian's python3 (python3-sklearn): /usr/bin/python3 make-calibration.py"""
import json, pathlib
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

random = np.random.default_rng(3)
rows = 400
margin = random.normal(0.4, 1.2, rows)
truth = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
scores = np.round(1 / (1 + np.exp(-2.5 * margin)), 3).clip(0.001, 0.999).astype(np.float32).astype(float)   # ties, and too sure
weights = np.round(random.random(rows) * 2, 3)
odds = np.log(scores / (1 - scores))
golden = {"scores": scores.tolist(), "truth": truth.tolist(), "weights": weights.tolist(), "tried": np.linspace(0, 1, 41).tolist(), "fits": []}
for weighted in (False, True):
    w = weights if weighted else np.ones(rows)
    a, b = _sigmoid_calibration(odds, truth, sample_weight=w)
    z = np.stack([np.zeros(rows), odds], axis=1)
    loss = lambda power: -(w * log_softmax(z * power, axis=1)[np.arange(rows), truth.astype(int)]).sum()
    temperature = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-12}).x
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, truth, sample_weight=w)
    golden["fits"].append({"weighted": weighted, "power": -a, "shift": -b, "temperature": temperature,
                           "isotonic": isotonic.predict(np.array(golden["tried"])).tolist()})
sums = random.normal(0, 1, (rows, 3))
classes = np.array([random.choice(3, p=np.exp(s) / np.exp(s).sum()) for s in sums])
many = np.exp(log_softmax(sums * 3, axis=1)).astype(np.float32)
logs = np.log(np.maximum(many.astype(float), 1e-7))
loss = lambda power: -log_softmax(logs * power, axis=1)[np.arange(rows), classes].sum()
golden["many"] = {"scores": many.astype(float).ravel().tolist(), "truth": classes.tolist(),
                  "temperature": minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-12}).x}
(pathlib.Path(__file__).parent / "calibration.json").write_text(json.dumps(golden) + "\n")
