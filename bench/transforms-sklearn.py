#!/usr/bin/env python3
"""The other side of `./kumiki bench transforms`: scikit-learn's ColumnTransformer on the same columns, in memory before the clock starts.
Called with the folder of the columns and their number of rows; for each line on standard input it fits and transforms once and prints seconds, and at the end of input
the shape and the sum of what came out. The line is the number of jobs."""
import pathlib, sys, time, warnings
import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PowerTransformer, RobustScaler, StandardScaler

warnings.simplefilter("ignore")
folder, rows = pathlib.Path(sys.argv[1]), int(sys.argv[2])
numbers = {f"n{i}": np.fromfile(folder / f"n{i}.f64") for i in range(12)}
texts = {}
for i in range(8):
    names = np.array((folder / f"t{i}.txt").read_text(encoding="utf-8").split("\n"), object)
    texts[f"t{i}"] = names[np.fromfile(folder / f"t{i}.i32", np.int32)]
table = pd.DataFrame({**numbers, **texts})
median = lambda *then: make_pipeline(SimpleImputer(strategy="median"), *then)

def transformer(jobs):
    return ColumnTransformer([
        ("standard", median(StandardScaler()), [f"n{i}" for i in range(6)]),
        ("robust", median(RobustScaler()), ["n6", "n7"]),
        ("minmax", median(MinMaxScaler()), ["n8", "n9"]),
        ("power", median(PowerTransformer()), ["n10"]),
        ("bins", median(KBinsDiscretizer(10, encode="onehot-dense", strategy="quantile", subsample=None)), ["n11"]),
        ("onehot", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [f"t{i}" for i in range(4)]),
        ("most", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False), ["t4"]),
        ("ordinal", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["t5", "t6", "t7"]),
    ], n_jobs=jobs)

out = None
for line in sys.stdin:
    out = None
    start = time.perf_counter()
    out = transformer(int(line)).fit_transform(table)
    print(time.perf_counter() - start, flush=True)
assert len(table) == rows
print(out.shape[0], out.shape[1], repr(float(out.sum())), flush=True)
