-- Points lie in blocks, by the order they were logged in: a batch of many keys is written next to each other, and not to a page of every key's own.
CREATE TABLE tracked_points_in_blocks (
  run INTEGER NOT NULL,
  block INTEGER NOT NULL,                       -- 0, 1, 2 … within the run; of some thousand points
  key TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  step INTEGER NOT NULL,
  value REAL NOT NULL,                          -- 0 where it is not a number
  is_nan INTEGER NOT NULL,
  model TEXT,
  dataset TEXT,
  dataset_digest TEXT,
  PRIMARY KEY (run, block, key, timestamp, step, value, is_nan)
) WITHOUT ROWID;
INSERT INTO tracked_points_in_blocks (run, block, key, timestamp, step, value, is_nan, model, dataset, dataset_digest)
SELECT run, (row_number() OVER (PARTITION BY run ORDER BY timestamp, step, key) - 1) / 4096, key, timestamp, step, value, is_nan, model, dataset, dataset_digest
FROM tracked_points;
DROP TABLE tracked_points;
ALTER TABLE tracked_points_in_blocks RENAME TO tracked_points;
