"""The other side of `kumiki bench folds`: scikit-learn's models on given folds.

folds.py TABLE.csv FOLDS TARGET classes|number ROUNDS DEPTH RATE
FOLDS has a line a repetition, with each row's fold. Prints the figure of each fold as JSON: log loss of classes, root of the mean squared error of numbers.
"""
import json
import sys

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

path, folds_path, target, task, rounds, depth, rate = sys.argv[1:]
table = pd.read_csv(path, dtype={target: str if task == "classes" else float}, keep_default_na=True)
folds = [np.array(line.split(), dtype=int) for line in open(folds_path)]
x, y = table.drop(columns=[target]), table[target]
texts = [c for c in x if x[c].dtype == object]
numbers = [c for c in x if c not in texts]
one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def model(kind):
    if kind == "trees":
        boosting = HistGradientBoostingClassifier if task == "classes" else HistGradientBoostingRegressor
        learner = boosting(max_iter=int(rounds), max_depth=int(depth), max_leaf_nodes=None, learning_rate=float(rate), early_stopping=False, random_state=0)
        return make_pipeline(make_column_transformer((one_hot, texts), remainder="passthrough"), learner)
    learner = LogisticRegression(max_iter=2000, tol=1e-8) if task == "classes" else Ridge(alpha=1.0)
    return make_pipeline(make_column_transformer((one_hot, texts), (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers)), learner)


figures = {}
for kind in ("trees", "linear"):
    figures[kind] = []
    for of in folds:
        for fold in range(of.max() + 1):
            train, tried = of != fold, of == fold
            fitted = model(kind).fit(x[train], y[train])
            if task == "classes":
                figures[kind].append(log_loss(y[tried], fitted.predict_proba(x[tried]), labels=fitted.classes_))
            else:
                figures[kind].append(mean_squared_error(y[tried], fitted.predict(x[tried]), squared=False))
print(json.dumps(figures))
