# Makes transform.json with scikit-learn 1.2.1: /usr/bin/python3 transform.py SALES.csv > transform.json
# (SALES.csv is shared/data/beverage-sales/item_sale_records_2020_2021q3.csv)
import json, sys
import numpy as np, pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

rows = pd.read_csv(sys.argv[1], nrows=2000)
rows.loc[rows.index % 7 == 3, "total_sales_amount"] = np.nan
numbers = rows[["sales", "total_sales_amount"]].to_numpy(float)
imputer = SimpleImputer(strategy="median", add_indicator=True).fit(numbers)
imputed = imputer.transform(numbers)
scaler = StandardScaler().fit(imputed[:, :2])
train = rows[["store", "item"]][rows.store != "nagoya"]
encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train)
matrix = np.hstack([scaler.transform(imputed[:, :2]), imputed[:, 2:], encoder.transform(rows[["store", "item"]])])
json.dump({
    "medians": imputer.statistics_.tolist(), "means": scaler.mean_.tolist(), "deviations": scaler.scale_.tolist(),
    "categories": [c.tolist() for c in encoder.categories_], "nagoya": int((rows.store == "nagoya").sum()),
    "rows": list(range(0, 2000, 40)), "matrix": [[float("%.9g" % v) for v in matrix[r]] for r in range(0, 2000, 40)],
}, sys.stdout)
