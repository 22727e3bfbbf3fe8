#!/usr/bin/env python3
"""Writes transforms.json: what scikit-learn and pandas make of small, awkward columns. Run with Debian's python3 (scikit-learn 1.2.1, pandas 1.5.3): /usr/bin/python3 transforms.py
`train` is fitted on; `test` has extremes, missing values and categories that training did not see; `shown` are the rows whose features are kept. A null is a missing value; features are written with nine digits."""
import json, pathlib, warnings
import numpy as np, pandas as pd
from sklearn.feature_extraction import FeatureHasher
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (FunctionTransformer, KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PowerTransformer, RobustScaler,
                                   StandardScaler)
from sklearn.tree import DecisionTreeRegressor

warnings.simplefilter("ignore")
random = np.random.default_rng(11)
N, M = 400, 60
as_float = lambda a: a.astype(np.float32).astype(float)      # what a 32-bit float holds: the graph's inputs
holes = lambda a, share: np.where(random.random(len(a)) < share, np.nan, a)

def rows(n, train):
    d = {
        "Normal": holes(as_float(random.normal(100, 15, n)), 0.1),
        "Price": np.round(random.lognormal(2, 0.8, n), 2),                 # two digits after the point, which no float holds exactly
        "Skewed": holes(as_float(random.lognormal(0, 2, n) - 0.5), 0.05),
        "Signed": as_float(random.standard_t(2, n) * 1000),
        "Constant": np.full(n, 7.25),
        "Ties": random.integers(0, 5, n).astype(float),
        "Big": as_float(random.normal(1e7, 3, n)),
    }
    d["Store"] = random.choice(["North", "South", "東京", "Åre", "z", "𝒳"], n, p=[.4, .3, .15, .1, .04, .01]).astype(object)
    d["Store"][random.random(n) < 0.08] = None
    d["Item"] = random.choice(["tea", "beer", "ice cream", "sake"], n).astype(object)
    d["Item"][random.random(n) < 0.05] = None
    d["Code"] = random.choice([2, 10, 100, -3], n)
    d["Target"] = np.round(np.nan_to_num(d["Normal"], nan=100) / 10 + (d["Price"] > 9) * 5 + (d["Store"] == "North") * 3 + random.normal(0, 1, n), 3)
    if not train:
        d["Normal"][:6] = [3.0e38, -3.0e38, 1e-30, 0, np.nan, -0.0]
        d["Price"][:4] = [1e6, -1e6, 0, 0.01]
        d["Skewed"][:4] = [1e30, -0.75, 0, -0.9375]
        d["Signed"][:3] = [3e38, -3e38, 0]
        d["Constant"][:3] = [7.25, 8.25, -1e6]
        d["Store"][:5] = ["Nowhere", "north", "", "North ", "長い" * 40]
        d["Item"][:3] = ["cider", "TEA", "tea"]
        d["Code"][:2] = [7, 2]
        d["Store"] = np.array([s or None for s in d["Store"]], object)
    return pd.DataFrame(d)

train, test = rows(N, True), rows(M, False)
both = pd.concat([train, test], ignore_index=True)
cases = {}
shown = list(range(0, N, 20)) + list(range(N, N + M))
col = lambda frame, name: frame[[name]].to_numpy(float)

def case(name, matrix):
    matrix = np.asarray(matrix, float)
    if len(matrix) == N + M: matrix = matrix[shown]
    cases[name] = [[None if np.isnan(v) else float("%.9g" % np.clip(v, -3.4028234663852886e38, 3.4028234663852886e38)) for v in row] for row in matrix.reshape(len(matrix), -1)]

for strategy in ("mean", "median", "most_frequent"):
    case(f"impute {strategy}", SimpleImputer(strategy=strategy, add_indicator=True).fit(col(train, "Normal")).transform(col(both, "Normal")))
case("impute constant", SimpleImputer(strategy="constant", fill_value=-9.5).fit(col(train, "Normal")).transform(col(both, "Normal")))
case("impute zero", SimpleImputer(strategy="constant", fill_value=0).fit(col(train, "Normal")).transform(col(both, "Normal")))
for name, scaler in {"standard": StandardScaler(), "minmax": MinMaxScaler(), "maxabs": MaxAbsScaler(), "robust": RobustScaler()}.items():
    for column in ("Normal", "Price", "Signed", "Constant", "Ties", "Big"):
        case(f"{name} {column}", scaler.fit(col(train, column)).transform(col(both, column)))
case("log", np.log1p(col(both, "Skewed")))
case("log signed", np.sign(col(both, "Signed")) * np.log1p(np.abs(col(both, "Signed"))))
for column in ("Skewed", "Signed", "Price", "Normal"):        # of a constant scikit-learn takes any power, we 1
    with np.errstate(all="ignore"):
        clean = SimpleImputer(strategy="mean").fit(col(train, column))
        power = PowerTransformer(standardize=True).fit(clean.transform(col(train, column)))
        case(f"power {column}", power.transform(clean.transform(col(both, column))))
        case(f"bare power {column}", PowerTransformer(standardize=False).fit(clean.transform(col(train, column))).transform(clean.transform(col(both, column))))
for column in ("Normal", "Price", "Ties"):
    low, high = np.nanquantile(col(train, column), [0.05, 0.9])
    case(f"clip {column}", np.clip(col(both, column), low, high))
for column in ("Price", "Ties", "Signed", "Constant"):
    for strategy in ("uniform", "quantile"):
        binner = KBinsDiscretizer(n_bins=6, encode="ordinal", strategy=strategy, subsample=None).fit(col(train, column))
        case(f"{strategy} bins {column}", binner.transform(col(both, column)))
        case(f"{strategy} one-hot {column}", KBinsDiscretizer(n_bins=6, encode="onehot-dense", strategy=strategy, subsample=None).fit(col(train, column)).transform(col(both, column)))
for column in ("Price", "Signed", "Ties", "Constant"):
    tree = DecisionTreeRegressor(max_leaf_nodes=5, min_samples_leaf=0.04).fit(col(train, column), train["Target"])
    edges = np.sort(tree.tree_.threshold[tree.tree_.feature >= 0])
    case(f"tree bins {column}", np.searchsorted(edges, col(both, column).astype(np.float32), side="left"))

# Texts: a missing one is no category, and pandas' None is dropped where scikit-learn would count it.
present = train.dropna(subset=["Store"])[["Store"]].to_numpy(object)
asked = both[["Store"]].fillna("~missing").to_numpy(object)
def encode(**more):
    encoder = OneHotEncoder(sparse_output=False, **more).fit(present)
    matrix = encoder.transform(asked)
    matrix[(asked == "~missing").ravel()] = 0
    return matrix
case("one-hot", encode(handle_unknown="ignore"))
case("one-hot least", encode(handle_unknown="infrequent_if_exist", min_frequency=30))
case("one-hot most", encode(handle_unknown="infrequent_if_exist", max_categories=4))
case("one-hot most of ties", OneHotEncoder(sparse_output=False, handle_unknown="infrequent_if_exist", max_categories=3)
     .fit(train[["Code"]].astype(str).to_numpy(object)).transform(both[["Code"]].astype(str).to_numpy(object)))
with_missing = OneHotEncoder(sparse_output=False, handle_unknown="ignore", categories=[sorted(set(present.ravel())) + ["~missing"]]).fit(asked[:N])
case("one-hot missing", with_missing.transform(asked))
filled = SimpleImputer(strategy="most_frequent", missing_values=None).fit(train[["Store"]].to_numpy(object))
full = filled.transform(both[["Store"]].to_numpy(object))
case("one-hot imputed", np.hstack([OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(full[:N]).transform(full), pd.isna(both[["Store"]]).to_numpy(float)]))
ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(present)
numbers = ordinal.transform(np.where(asked == "~missing", "?", asked)).ravel()
case("ordinal", np.where(asked.ravel() == "~missing", np.nan, numbers))
case("ordinal code", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(train[["Code"]]).transform(both[["Code"]]))
order = ["South", "North", "東京"]
case("ordinal in order", [np.nan if pd.isna(s) else float(order.index(s)) if s in order else -1 for s in both["Store"]])
shares = train["Store"].value_counts(normalize=True, dropna=False)
case("frequency", [shares.get(s, 0.0) if not pd.isna(s) else shares[[k for k in shares.index if pd.isna(k)][0]] for s in both["Store"]])
case("hash", FeatureHasher(7, input_type="string").transform([[s] if s else [] for s in both["Store"]]).toarray())
case("hash unsigned", FeatureHasher(5, input_type="string", alternate_sign=False).transform([[s] if s else [] for s in both["Store"]]).toarray())
from sklearn.utils import murmurhash3_32
def crossed(parts, seed):
    if any(p is None for p in parts): return None
    h = 0
    for p in parts: h = (h * 1000003 + murmurhash3_32(p.encode(), seed=seed, positive=True)) % 2**32
    return h if h < 2**31 else h - 2**32
def bucket(h, n):
    row = np.zeros(n)
    if h is not None: row[abs(h) % n] = 1 if h >= 0 else -1
    return row
case("hash of cross", [bucket(crossed((s, i), 3), 9) for s, i in zip(both["Store"], both["Item"])])
pair = lambda f: pd.Series([None if s is None or i is None else (s, i) for s, i in zip(f["Store"], f["Item"])])
pairs = sorted(set(pair(train).dropna()))
case("one-hot of cross", [[float(p == q) for q in pairs] for p in pair(both)])
triple = lambda f: pd.Series([None if s is None or i is None else (s, i, str(c)) for s, i, c in zip(f["Store"], f["Item"], f["Code"])])
counts = triple(train).value_counts(dropna=False)
case("frequency of cross", [(counts.get(t, 0) if t is not None else triple(train).isna().sum()) / N for t in triple(both)])
case("product", both["Normal"] * both["Price"])
with np.errstate(all="ignore"):
    ratio = lambda zero: [np.nan if pd.isna(a) else zero if b == 0 else a / b for a, b in zip(both["Normal"], both["Ties"])]
    case("ratio", ratio(np.nan))
    case("ratio when zero", ratio(-1))

def fold(row, seed, folds):
    mask = 2**64 - 1
    z = ((seed << 32 | row) + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) % folds
def means(part, asked, smoothing):
    prior = part["Target"].mean()
    groups = part.groupby(part["Store"].fillna("~missing"))["Target"].agg(["sum", "count"])
    table = (groups["sum"] + smoothing * prior) / (groups["count"] + smoothing)
    return asked["Store"].fillna("~missing").map(table).fillna(prior)
case("target mean", means(train, both, 10))
folds = np.array([fold(i, 4, 3) for i in range(N)])
own = pd.Series(np.nan, train.index)
for f in range(3): own[folds == f] = means(train[folds != f], train[folds == f], 2.5)
case("target mean out of fold", own)

days = pd.date_range("1900-01-01", "2100-12-31")
parts = np.column_stack([days.year, days.quarter, days.month, days.day, days.dayofweek, days.dayofyear, days.isocalendar().week, days.is_month_end])
# Every day's parts in one number, so that all of two centuries are compared and the file stays small.
weights = np.array([1, 3, 7, 31, 127, 511, 8191, 131071])
case_days = {"first": "1900-01-01", "checks": [int(v) for v in (parts * weights).sum(axis=1).reshape(-1)[::17]], "sums": (parts.sum(axis=0)).tolist(), "every": 17, "weights": weights.tolist(),
             "rows": {str(d.date()): [float(v) for v in parts[i]] for i, d in enumerate(days) if i % 1999 == 0}}
since = np.arange(-800, 40000, 97)
cycles = {"days": since.tolist(), "sin": [float("%.9g" % v) for v in np.sin(2 * np.pi * since / 365.2425)], "cos": [float("%.9g" % v) for v in np.cos(2 * np.pi * since / 365.2425)]}

table = lambda f: {c: [None if pd.isna(v) else v for v in f[c].tolist()] for c in f}
golden = {"shown": shown, "train": table(train), "test": table(test), "cases": cases, "days": case_days, "cycles": cycles}
pathlib.Path(__file__).with_name("transforms.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace("],", "],\n") + "\n")
