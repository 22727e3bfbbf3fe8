# Makes figures.json with scikit-learn 1.2.1, scipy 1.10.1 and statsmodels 0.13.5: /usr/bin/python3 figures.py > figures.json
import itertools, json, sys, warnings
import numpy as np
from scipy import stats, optimize
from scipy.stats import _resampling
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
rng = np.random.default_rng(3)
out = {}


def deviate(level, degrees):
    """stats.t.ppf is good to 1e-9 only; the tail itself is exact."""
    return optimize.brentq(lambda t: stats.t.sf(t, degrees) - (1 - level) / 2, 0, 1e4, xtol=1e-15, rtol=1e-15)


def r(values):
    return [float(v) for v in np.asarray(values, float).ravel()]


# --- binary -----------------------------------------------------------------------------------------------------------------
def binary(name, p, y, w):
    kw = {} if w is None else {"sample_weight": w}
    d = (p >= 0.5).astype(int)
    fpr, tpr, thr = m.roc_curve(y, p, drop_intermediate=False, **kw)
    pr, rc, pthr = m.precision_recall_curve(y, p, **kw)
    tn, fp, fn, tp = m.confusion_matrix(y, d, labels=[0, 1], **kw).ravel()
    return {
        "name": name, "scores": r(p), "truth": r(y), "weights": [] if w is None else r(w), "cells": r([tp, fp, fn, tn]),
        "accuracy": m.accuracy_score(y, d, **kw), "balanced": m.balanced_accuracy_score(y, d, **kw), "precision": m.precision_score(y, d, **kw),
        "recall": m.recall_score(y, d, **kw), "specificity": m.recall_score(y, d, pos_label=0, **kw), "f1": m.f1_score(y, d, **kw),
        "f2": m.fbeta_score(y, d, beta=2, **kw), "fHalf": m.fbeta_score(y, d, beta=0.5, **kw), "mcc": m.matthews_corrcoef(y, d, **kw),
        "kappa": m.cohen_kappa_score(y, d, **kw), "auc": m.roc_auc_score(y, p, **kw), "ap": m.average_precision_score(y, p, **kw),
        "logLoss": m.log_loss(y, p, **kw), "brier": m.brier_score_loss(y, p, **kw), "ks": float(np.max(np.abs(tpr - fpr))),
        "fpr": r(fpr[1:]), "tpr": r(tpr[1:]), "thresholds": r(thr[1:]), "prPrecision": r(pr[::-1][1:]), "prRecall": r(rc[::-1][1:]),
    }


y = (rng.random(60) < 0.4).astype(int)
p = np.clip(0.3 * y + rng.random(60) * 0.7, 0, 1)
w = rng.random(60) * 3
w[::7] = 0
extreme = p.copy()
extreme[:6] = [0, 1, 1e-300, 1 - 1e-16, 1e-17, 1]
out["binary"] = [
    binary("plain", p, y, None), binary("weights", p, y, w), binary("ties", np.round(p, 1), y, None), binary("ties and weights", np.round(p, 1), y, w),
    binary("extreme", extreme, y, None), binary("two rows", np.array([0.2, 0.7]), np.array([0, 1]), None),
    binary("all tied", np.full(4, 0.5), np.array([0, 1, 1, 0]), None), binary("nothing decided positive", p * 0.4, y, w),
    binary("perfect", np.where(y == 1, 0.9, 0.1), y, None),
]


# --- multi-class ------------------------------------------------------------------------------------------------------------
def multiclass(name, y, p, w, k):
    kw = {} if w is None else {"sample_weight": w}
    d, labels = p.argmax(1), list(range(k))
    avg = lambda f: [f(y, d, average=a, **kw) for a in ("macro", "micro", "weighted")]
    complete = len(set(y)) == k
    return {
        "name": name, "classes": k, "truth": y.tolist(), "decided": d.tolist(), "probabilities": r(p), "weights": [] if w is None else r(w),
        "cells": r(m.confusion_matrix(y, d, labels=labels, **kw)), "accuracy": m.accuracy_score(y, d, **kw), "balanced": m.balanced_accuracy_score(y, d, **kw),
        "precision": avg(m.precision_score), "recall": avg(m.recall_score), "f1": avg(m.f1_score), "mcc": m.matthews_corrcoef(y, d, **kw),
        "kappa": [m.cohen_kappa_score(y, d, weights=v, labels=labels, **kw) for v in (None, "linear", "quadratic")],
        "top2": m.top_k_accuracy_score(y, p, k=2, labels=labels, **kw), "logLoss": m.log_loss(y, p, labels=labels, **kw),
        "ovr": [m.roc_auc_score(y, p, multi_class="ovr", average=a, **kw) for a in ("macro", "weighted")] if complete else None,
        "ovo": [m.roc_auc_score(y, p, multi_class="ovo", average=a) for a in ("macro", "weighted")] if complete else None,
    }


n, k = 80, 4
y = rng.integers(0, k, n)
z = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[y]
p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
w = rng.random(n) * 2
w[::9] = 0
coarse = np.round(p * 8)
coarse[coarse.sum(1) == 0, 0] = 1
coarse /= coarse.sum(1, keepdims=True)
absent = y.copy()
absent[absent == 2] = 1
certain = np.eye(k)[(y + (np.arange(n) % 5 == 0)) % k]
out["multiclass"] = [multiclass("plain", y, p, None, k), multiclass("weights", y, p, w, k), multiclass("ties", y, coarse, None, k),
                     multiclass("a class that does not occur", absent, np.where(np.arange(k) == 2, 1e-9, p) / np.where(np.arange(k) == 2, 1e-9, p).sum(1, keepdims=True), None, k),
                     multiclass("certain", y, certain, w, k)]

# --- multi-label ------------------------------------------------------------------------------------------------------------
out["multilabel"] = []
for weighted in (False, True):
    t = rng.random((40, 5)) < 0.35
    s = np.round(rng.random((40, 5)) + 0.4 * t, 1)
    t[3] = False; t[4] = True; s[5] = 0.1
    d = s > 0.7
    w = rng.random(40) if weighted else None
    kw = {"sample_weight": w} if weighted else {}
    out["multilabel"].append({
        "truth": t.astype(int).ravel().tolist(), "decided": d.astype(int).ravel().tolist(), "scores": r(s), "weights": r(w) if weighted else [],
        "hamming": m.hamming_loss(t, d, **kw), "subset": m.accuracy_score(t, d, **kw),
        "f1": [m.f1_score(t, d, average=a, **kw) for a in ("macro", "micro", "weighted")],
        "jaccard": [m.jaccard_score(t, d, average=a, **kw) for a in ("macro", "micro", "weighted")],
        "lrap": m.label_ranking_average_precision_score(t, s, **kw)})

# --- regression and forecasting ---------------------------------------------------------------------------------------------
out["regression"] = []
for weighted in (False, True):
    for size in (2, 31, 40):
        t = np.round(rng.gamma(2, 3, size), 1) + 0.1
        q = t * np.exp(rng.normal(size=size) * 0.3)
        w = rng.random(size) * 2 + (size == 2) if weighted else None
        kw = {"sample_weight": w} if weighted else {}
        zero = t.copy(); zero[0] = 0
        out["regression"].append({
            "truth": r(t), "predicted": r(q), "weights": r(w) if weighted else [], "mae": m.mean_absolute_error(t, q, **kw),
            "rmse": m.mean_squared_error(t, q, squared=False, **kw), "r2": m.r2_score(t, q, **kw), "median": m.median_absolute_error(t, q, **kw),
            "max": m.max_error(t, q), "mape": m.mean_absolute_percentage_error(t, q, **kw), "rmsle": m.mean_squared_log_error(t, q, squared=False, **kw),
            "explained": m.explained_variance_score(t, q, **kw), "pinball": m.mean_pinball_loss(t, q, alpha=0.9, **kw),
            "d2": m.d2_absolute_error_score(t, q, **kw), "d2pinball": m.d2_pinball_score(t, q, alpha=0.9, **kw),
            "poisson": m.mean_poisson_deviance(zero, q, **kw), "gamma": m.mean_gamma_deviance(t, q, **kw),
            "wape": np.average(abs(t - q), weights=w) / np.average(abs(t), weights=w),
            "smape": np.average(2 * abs(t - q) / (abs(t) + abs(q)), weights=w)})
t, f, train = rng.normal(size=12) + 5, rng.normal(size=12) + 5, rng.normal(size=30).cumsum()
levels = np.array([0.1, 0.5, 0.9])
quantiles = np.sort(rng.normal(size=(12, 3)) + 5, axis=1)
w = rng.random(12)
lo, hi = quantiles[:, 0], quantiles[:, 2]
outside = np.maximum(lo - t, 0) + np.maximum(t - hi, 0)
out["forecasting"] = {
    "truth": r(t), "forecast": r(f), "training": r(train), "weights": r(w), "levels": r(levels), "quantiles": r(quantiles),
    "mase1": abs(t - f).mean() / abs(np.diff(train)).mean(), "mase7": np.average(abs(t - f), weights=w) / abs(train[7:] - train[:-7]).mean(),
    "pinball": float(np.mean([m.mean_pinball_loss(t, quantiles[:, j], alpha=a, sample_weight=w) for j, a in enumerate(levels)])),
    "coverage": np.average((t >= lo) & (t <= hi), weights=w), "width": np.average(hi - lo, weights=w),
    "winkler": np.average(hi - lo + 2 / 0.2 * outside, weights=w)}


# --- ranking ----------------------------------------------------------------------------------------------------------------
def over_orders(rel, score, figure):
    """Mean of a figure over every order of rows with equal scores."""
    groups = [np.flatnonzero(score == s) for s in sorted(set(score), reverse=True)]
    found = [figure(rel[np.concatenate([list(g) for g in order])]) for order in itertools.product(*(itertools.permutations(g) for g in groups))]
    return float(np.mean(found))


def ap_at(k):
    return lambda rel: sum((rel[: i + 1] > 0).sum() / (i + 1) for i in range(min(k, len(rel))) if rel[i] > 0) / min(k, (rel > 0).sum()) if (rel > 0).any() else 0.0


def rr_at(k):
    return lambda rel: next((1 / (i + 1) for i in range(min(k, len(rel))) if rel[i] > 0), 0.0)


queries = []
for size, grades in ((6, 3), (7, 1), (1, 2), (5, 0), (8, 4), (6, 1)):
    rel = rng.integers(0, grades + 1, size).astype(float)
    queries.append((rel, np.round(rng.random(size) * 3)))
queries[1][1][:] = 1.0
out["ranking"] = {
    "relevance": r(np.concatenate([q[0] for q in queries])), "scores": r(np.concatenate([q[1] for q in queries])), "queries": [len(q[0]) for q in queries],
    "figures": [{
        "k": k,
        "linear": float(np.mean([m.ndcg_score([q[0]], [q[1]], k=k) if len(q[0]) > 1 else float(q[0][0] > 0) for q in queries])),
        "exponential": float(np.mean([m.ndcg_score([2 ** q[0] - 1], [q[1]], k=k) if len(q[0]) > 1 else float(q[0][0] > 0) for q in queries])),
        "map": float(np.mean([over_orders(*q, ap_at(k)) for q in queries])), "mrr": float(np.mean([over_orders(*q, rr_at(k)) for q in queries])),
        "precision": float(np.mean([over_orders(*q, lambda rel: (rel[:k] > 0).sum() / k) for q in queries])),
        "recall": float(np.mean([over_orders(*q, lambda rel: (rel[:k] > 0).sum() / (rel > 0).sum() if (rel > 0).any() else 0.0) for q in queries])),
    } for k in (1, 3, 5, 20)]}

# --- clustering -------------------------------------------------------------------------------------------------------------
out["clustering"] = []
for a, b in ((rng.integers(0, 4, 90), rng.integers(0, 3, 90)), (np.repeat([0, 1, 2], 20), np.repeat([5, 5, 7, 9], 15)), (np.zeros(5, int), np.zeros(5, int)),
             (np.arange(6), np.arange(6)[::-1]), (np.zeros(6, int), np.arange(6)), (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), (np.array([3]), np.array([4]))):
    out["clustering"].append({"truth": a.tolist(), "found": b.tolist(), "rand": m.adjusted_rand_score(a, b), "nmi": m.normalized_mutual_info_score(a, b),
                              "ami": m.adjusted_mutual_info_score(a, b)})
g = np.repeat([0, 1, 2], [10, 14, 1])
x = rng.normal(size=(25, 3)) + g[:, None]
out["silhouette"] = {"points": r(x), "groups": g.tolist(), "value": m.silhouette_score(x, g)}


# --- calibration ------------------------------------------------------------------------------------------------------------
def line(p, y, w):
    x = np.log(np.clip(p, 2.220446049250313e-16, 1 - 2.220446049250313e-16)); x = x - np.log1p(-np.clip(p, 2.220446049250313e-16, 1 - 2.220446049250313e-16))
    def gradient(b, columns, offset):
        miss = w * (y - 1 / (1 + np.exp(-(columns @ b + offset))))
        return columns.T @ miss
    ones = np.ones((len(x), 1))
    both = optimize.root(gradient, [0.0, 1.0], args=(np.column_stack([ones, x]), 0.0), tol=1e-14).x
    alone = optimize.root(gradient, [0.0], args=(ones, x), tol=1e-14).x
    return [both[1], both[0], alone[0]]


out["calibration"] = []
for digits, weighted in ((9, False), (1, False), (9, True)):
    p = np.round(rng.random(120), digits)
    y = (rng.random(120) < p ** 1.5).astype(int)
    w = rng.random(120) * 2 if weighted else np.ones(120)
    case = {"probabilities": r(p), "truth": r(y), "weights": r(w) if weighted else [], "line": r(line(p, y, w)), "brier": m.brier_score_loss(y, p, sample_weight=w)}
    if not weighted:
        for name, strategy in (("width", "uniform"), ("count", "quantile")):
            share, mean = calibration_curve(y, p, n_bins=10, strategy=strategy)
            case[name] = {"share": r(share), "mean": r(mean)}
    else:
        bins = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
        used = np.unique(bins)
        mean = [np.average(p[bins == b], weights=w[bins == b]) for b in used]
        share = [np.average(y[bins == b], weights=w[bins == b]) for b in used]
        case["width"] = {"share": r(share), "mean": r(mean)}
        case["ece"] = float(sum(w[bins == b].sum() / w.sum() * abs(a - c) for b, a, c in zip(used, mean, share)))
    out["calibration"].append(case)

# --- intervals, tests, corrections ------------------------------------------------------------------------------------------
out["shares"] = []
for s, t in ((0, 5), (5, 5), (3, 10), (1, 1), (412, 1000), (3, 1000000), (999000, 1000000)):
    for level in (0.8, 0.95, 0.999):
        test = stats.binomtest(s, t)
        wilson, exact = test.proportion_ci(level, "wilson"), test.proportion_ci(level, "exact")
        out["shares"].append({"successes": s, "trials": t, "level": level, "wilson": r(wilson), "exact": r(exact)})
x = rng.normal(size=9) * 3 + 1
out["mean"] = {"values": r(x), "interval": r(x.mean() + np.array([-1, 1]) * deviate(0.95, 8) * stats.sem(x))}


def placements(p, y):
    pos, neg = p[y == 1][:, None], p[y == 0][None, :]
    over = (pos > neg) + 0.5 * (pos == neg)
    return over.mean(1), over.mean(0)


def delong(a, b, y):
    (a1, a0), (b1, b0) = placements(a, y), placements(b, y)
    cov = np.cov(np.array([a1, b1])) / len(a1) + np.cov(np.array([a0, b0])) / len(a0)
    z = (a1.mean() - b1.mean()) / np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    half = stats.norm.ppf(0.975) * np.sqrt(cov[0, 0])
    return {"truth": r(y), "first": r(a), "second": r(b), "z": z, "p": 2 * stats.norm.sf(abs(z)), "interval": [max(0, a1.mean() - half), min(1, a1.mean() + half)]}


y = (rng.random(70) < 0.3).astype(int)
a = np.round(y * 0.4 + rng.random(70), 2)
out["delong"] = [delong(a, np.round(a + rng.random(70) * 0.4, 1), y), delong(a, rng.random(70), y)]

out["paired"] = []
for size, digits, shift in ((12, 9, 0.4), (50, 9, 0.1), (51, 9, 0.3), (20, 0, 0.6), (200, 1, 0.0), (2, 9, 1.0), (60, 9, 2.5)):
    a = np.round(rng.normal(size=size) + shift, digits)
    b = np.round(rng.normal(size=size), digits)
    d = a - b
    plain = size <= 50 and (d != 0).all() and len(set(abs(d))) == size
    t, wilcoxon = stats.ttest_rel(a, b), stats.wilcoxon(a, b, mode="exact" if plain else "approx")
    above, below = int((d > 0).sum()), int((d < 0).sum())
    corrected = d.mean() / np.sqrt((1 / size + 25 / 100) * d.var(ddof=1))
    nonzero = d[d != 0]
    ranks = stats.rankdata(abs(nonzero))
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    out["paired"].append({
        "first": r(a), "second": r(b), "t": r([t.statistic, t.pvalue]), "wilcoxon": r([wilcoxon.statistic, wilcoxon.pvalue]),
        "sign": r([above, stats.binomtest(above, above + below).pvalue]), "corrected": r([corrected, 2 * stats.t.sf(abs(corrected), size - 1)]),
        "d": d.mean() / d.std(ddof=1), "g": (a.mean() - b.mean()) / pooled * (1 - 3 / (4 * (2 * size - 2) - 1)),
        "cliff": float(np.sign(a[:, None] - b[None, :]).mean()), "biserial": float((ranks[nonzero > 0].sum() - ranks[nonzero < 0].sum()) / ranks.sum())})
out["mcnemar"] = []
for b, c in ((3, 12), (0, 4), (7, 7), (120, 90), (20000, 20500), (1, 0)):
    table = [[50, b], [c, 50]]
    e, chi, plain = mcnemar(table), mcnemar(table, exact=False), mcnemar(table, exact=False, correction=False)
    out["mcnemar"].append({"first": b, "second": c, "exact": r([e.statistic, e.pvalue]),
                           "corrected": [0, 1] if b == c else r([chi.statistic, chi.pvalue]),  # statsmodels corrects past 0
                            "plain": r([plain.statistic, plain.pvalue])})
p = np.array([0.01, 0.04, 0.03, 0.005, 0.2, 1.0, 0.03, 0.0])
out["corrections"] = {"p": r(p), "holm": r(multipletests(p, method="holm")[1]), "bh": r(multipletests(p, method="fdr_bh")[1])}
out["tails"] = {
    "normal": [[z, 2 * stats.norm.sf(z)] for z in (0.0, 1e-6, 0.5, 1.96, 5.0, 12.0)],
    "student": [[t, v, 2 * stats.t.sf(t, v)] for t in (1e-8, 0.3, 2.1, 9.0, 60.0) for v in (1, 2, 7, 40, 1e4, 1e6)],
    "chi": [[x, stats.chi2.sf(x, 1)] for x in (0.0, 1e-9, 0.4, 3.84, 30.0, 200.0)],
    "studentDeviate": [[level, v, deviate(level, v)] for level in (0.5, 0.9, 0.95, 0.999) for v in (1, 2, 7, 40, 1e4)],
    "normalDeviate": [[level, stats.norm.isf((1 - level) / 2)] for level in (0.01, 0.5, 0.95, 0.999, 1 - 1e-9)],
    "coins": [[k, n, stats.binomtest(k, n).pvalue] for k, n in ((0, 3), (4, 10), (5, 10), (40, 100), (499000, 1000000), (0, 60))]}

# --- bootstrap: scipy's intervals for resamples that are given ----------------------------------------------------------------
out["bootstrap"] = []
for n, times in ((15, 300), (40, 999)):
    x = np.round(rng.gamma(1.5, 2, n), 3)
    counts = rng.multinomial(n, np.ones(n) / n, times)
    statistic = lambda v, axis=-1: np.mean(v, axis=axis) / np.std(v, axis=axis)
    drawn = np.array([statistic(np.repeat(x, c)) for c in counts])
    given = _resampling.BootstrapResult(None, drawn, None)
    intervals = {method: r(stats.bootstrap((x,), statistic, n_resamples=0, bootstrap_result=given, method=method, confidence_level=0.9).confidence_interval)
                 for method in ("percentile", "basic", "bca")}
    out["bootstrap"].append({"estimate": statistic(x), "drawn": r(drawn), "jackknife": [statistic(np.delete(x, i)) for i in range(n)],
                             "error": drawn.std(ddof=1), **intervals})

json.dump(out, sys.stdout, indent=None, separators=(",", ":"), default=float)
