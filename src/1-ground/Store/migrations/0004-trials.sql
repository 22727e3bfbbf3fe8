-- A trial is a run that ends with figures and no version. It is found by what was tried, and kept while other runs without a result are forgotten.
ALTER TABLE runs ADD COLUMN figures TEXT;
CREATE INDEX trials ON runs (asset, making_key) WHERE state = 'Tried';
DROP INDEX runs_without_result;
CREATE INDEX runs_without_result ON runs (ended) WHERE result IS NULL AND ended IS NOT NULL AND state <> 'Tried';
