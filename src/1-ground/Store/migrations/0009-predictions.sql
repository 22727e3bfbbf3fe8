CREATE TABLE prediction_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint TEXT NOT NULL,
  kind TEXT NOT NULL,                           -- Predictions or Outcomes
  hour INTEGER NOT NULL,
  blob TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  first INTEGER NOT NULL,                       -- times of the first and the last row
  last INTEGER NOT NULL
);
CREATE INDEX prediction_files_of_endpoint ON prediction_files (endpoint, last);
CREATE INDEX prediction_files_by_blob ON prediction_files (blob);

-- A segment whose records are in files: what is left of it on a disk is to be removed, and is read by nobody.
CREATE TABLE prediction_segments (
  name TEXT PRIMARY KEY,
  records INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
