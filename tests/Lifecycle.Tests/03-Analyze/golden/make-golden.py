#!/usr/bin/env python3
"""Writes analysis.json: what pandas, numpy, scipy and scikit-learn say of real tables. Run with Debian's python3 (pandas 1.5, scipy 1.10, scikit-learn 1.2): /usr/bin/python3 make-golden.py DATA, the folder shared/data."""
import json, pathlib, sys
import numpy as np
import pandas as pd
from scipy.stats.contingency import association
from sklearn.metrics import roc_auc_score

data = pathlib.Path(sys.argv[1])
wine = ["fixed_acidity", "volatile_acidity", "citric_acid", "residual_sugar", "chlorides", "free_sulfur_dioxide", "total_sulfur_dioxide", "density", "ph", "sulphates", "alcohol", "quality"]


def holes(table):
    """The same holes that the test makes: row and column numbers decide."""
    table = table.copy()
    for c, name in enumerate(table.columns[:-1]):
        table.loc[[r for r in range(len(table)) if (r * 7 + c * 13) % 11 == 0], name] = np.nan
    return table


def edges_of(x, whole):
    low, high = x.min(), x.max()
    if whole and high - low < 50:
        return np.arange(low - 0.5, high + 1)
    iqr = np.quantile(x, 0.75) - np.quantile(x, 0.25)
    width = 2 * iqr / len(x) ** (1 / 3)
    count = int(np.clip(np.ceil((high - low) / width), 20, 50)) if width > 0 else 50
    return np.histogram_bin_edges(x, count)


def column(values):
    present = values.dropna()
    told = {"missing": int(values.isna().sum()), "distinct": int(present.nunique())}
    counts = present.value_counts()
    top = sorted(((int(n), v) for v, n in counts.items()), key=lambda t: (-t[0], t[1]))[:20]
    if pd.api.types.is_numeric_dtype(values):
        x = present.to_numpy(float)
        whole = bool((x == np.floor(x)).all())
        told |= {"min": x.min(), "max": x.max(), "mean": present.mean(), "std": present.std(), "zeros": int((x == 0).sum()), "negatives": int((x < 0).sum()),
                 "quantiles": [float(np.quantile(x, q)) for q in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)], "histogram": [int(n) for n in np.histogram(x, edges_of(x, whole))[0]]}
        told["top"] = [n for n, _ in top]
    else:
        told |= {"lengths": [int(present.str.len().min()), float(present.str.len().mean()), int(present.str.len().max())]}
        told["top"] = [[v, n] for n, v in top]
    return told


def eta(names, numbers):
    both = names.notna() & numbers.notna()
    names, numbers = names[both], numbers[both]
    between = sum(len(g) * (g.mean() - numbers.mean()) ** 2 for _, g in numbers.groupby(names))
    return float(np.sqrt(between / ((numbers - numbers.mean()) ** 2).sum()))


def pairs(table, categories):
    told = []
    ranks = table.drop(columns=categories).rank()
    names = list(table.columns)
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            if table[a].nunique() < 2 or table[b].nunique() < 2:
                continue
            if a not in categories and b not in categories:
                told.append([a, b, "pearson", table[a].corr(table[b]), ranks[a].corr(ranks[b])])
            elif a in categories and b in categories:
                told.append([a, b, "cramersV", float(association(pd.crosstab(table[a], table[b]).to_numpy(), method="cramer")), None])
            else:
                told.append([a, b, "correlationRatio", eta(table[a], table[b]) if a in categories else eta(table[b], table[a]), None])
    return told


credit = pd.read_csv(data / "credit-german" / "GermanCredit.csv")
credit_names = [c for c in credit.columns if credit[c].dtype == object]
red = pd.read_csv(data / "tabular-small" / "winequality-red.csv", header=None, names=wine)
sales = pd.read_csv(next((data / "beverage-sales").glob("item_sale_records_*.csv")))[["date", "store", "item", "sales", "total_sales_amount"]]

golden = {}
for name, table, categories in (("credit", credit, credit_names + ["credit_risk"]), ("wine", red, ["quality"]), ("wine-holes", holes(red), ["quality"]), ("sales", sales.drop(columns="date"), ["store", "item"])):
    shown = table.copy()
    golden[name] = {"rows": len(table), "duplicates": int(table.duplicated().sum()), "columns": {c: column(shown[c]) for c in table.columns}, "pairs": pairs(table, categories)}
golden["sales"]["duplicates"] = int(sales.duplicated().sum())

bad = credit["credit_risk"] == 1
told = {}
for c in credit.columns:
    if c == "credit_risk":
        continue
    score = credit[c] if c not in credit_names else credit[c].map(bad.groupby(credit[c]).mean())
    area = roc_auc_score(bad, score)
    told[c] = max(area, 1 - area) if c not in credit_names else area
golden["credit"]["target"] = told

days = pd.to_datetime(sales["date"])
golden["sales"]["months"] = [[str(m), int(n)] for m, n in days.dt.to_period("M").value_counts().sort_index().items()]
golden["sales"]["weeks"] = [[str(w.start_time.date()), int(n)] for w, n in days.dt.to_period("W-SUN").value_counts().sort_index().items()]


def plain(value):
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    raise TypeError(type(value))


pathlib.Path(__file__).with_name("analysis.json").write_text(json.dumps(golden, default=plain) + "\n")
