#!/usr/bin/env python3
"""Writes wide.json: what scikit-learn 1.2.1 makes of one column of 900 categories, one-hot, beside three numbers. The rows are a formula, so that they need not
be kept: WideLinearTests.cs has the same. Run with Debian's python3 (python3-sklearn): /usr/bin/python3 make-wide.py"""
import json, pathlib, warnings
import numpy as np
from scipy import sparse
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

warnings.simplefilter("error")
ROWS, CATEGORIES = 2_400, 900
i = np.arange(ROWS)
category = (i * i * 31 + i * 7) % CATEGORIES
numbers = np.column_stack([(i * 37 % 101) / 64 - 0.75, (i * 53 % 97) / 32 + 20, (i * 71 % 89 == 0) * 1.0])
noise = (i * 97 % 83) / 64
target = numbers[:, 0] - 0.5 * (numbers[:, 1] - 21) + (category * 53 % 17) / 8 + noise
flags = (numbers[:, 0] + (category * 53 % 17) / 16 + noise > 1.3).astype(int)
classes = np.digitize(numbers[:, 0] + (category * 29 % 13) / 8 + noise, [1.0, 1.9])
weights = 0.5 + (i % 3)
features = sparse.hstack([sparse.csc_matrix(numbers), sparse.csc_matrix((np.ones(ROWS), (i, category)), (ROWS, CATEGORIES))]).tocsc()
golden = []


def add(kind, of, alpha, share, weighted, model, truth):
    model.fit(features.toarray(order="F") if kind != "logistic" else features.tocsr(), truth, sample_weight=weights if weighted else None)
    coefficients, intercepts = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    shown = np.arange(0, 60)
    golden.append({"kind": kind, "of": of, "alpha": alpha, "share": share, "weighted": weighted, "weights": coefficients[:, shown].ravel().tolist(),
                   "notZero": int((coefficients != 0).sum()), "intercepts": intercepts.tolist(), "norm": float(np.square(coefficients).sum())})
    print(golden[-1]["kind"], of, model.n_iter_, golden[-1]["norm"], golden[-1]["intercepts"])


for weighted in (False, True):
    add("ridge", "target", 0.7, 0, weighted, Ridge(0.7, solver="cholesky"), target)
    add("net", "target", 3e-4, 1, weighted, ElasticNet(3e-4, l1_ratio=1, tol=1e-12, max_iter=20_000), target)
    add("net", "target", 3e-4, 0.4, weighted, ElasticNet(3e-4, l1_ratio=0.4, tol=1e-12, max_iter=20_000), target)
    add("logistic", "flags", 0.8, 0, weighted, LogisticRegression(C=1 / 0.8, solver="newton-cg", tol=2e-8, max_iter=2000), flags)
    add("logistic", "classes", 1.5, 0, weighted, LogisticRegression(C=1 / 1.5, solver="newton-cg", multi_class="multinomial", tol=2e-8, max_iter=2000), classes)
pathlib.Path(__file__).with_name("wide.json").write_text(json.dumps(golden) + "\n")
