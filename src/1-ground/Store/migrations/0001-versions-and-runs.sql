-- Times are INTEGER: 100 ns ticks of UTC since 0001-01-01. Columns hold what queries need; the record beside them, in JSON, holds the rest.

CREATE TABLE store (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  revision INTEGER NOT NULL                     -- rises with every committed write
);
INSERT INTO store VALUES (1, 0);

-- What runs ran on: some kilobytes, the same for thousands of runs.
CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL
);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,         -- a number is never given twice, even after runs were forgotten
  asset TEXT NOT NULL,
  state TEXT NOT NULL,
  fence INTEGER NOT NULL,                       -- the attempt that may still commit
  owner TEXT NOT NULL,
  recipe_key TEXT NOT NULL,
  making_key TEXT NOT NULL,
  closure TEXT NOT NULL,                        -- blob of the program's manifest
  environment INTEGER NOT NULL REFERENCES environments,
  plan TEXT NOT NULL,                           -- without the environment
  started INTEGER NOT NULL,
  ended INTEGER,
  result INTEGER,                               -- number of the version it made or found
  error TEXT,
  cost TEXT,
  inputs TEXT,
  outside TEXT
);
CREATE INDEX runs_of_asset ON runs (asset, id);
CREATE INDEX runs_in_state ON runs (state, id);
CREATE INDEX runs_of_asset_in_state ON runs (asset, state, id);
CREATE INDEX runs_of_program ON runs (closure);
CREATE INDEX makings ON runs (asset, recipe_key, id) WHERE result IS NOT NULL;
CREATE INDEX makings_running ON runs (asset, making_key) WHERE state = 'Running';
CREATE INDEX runs_without_result ON runs (ended) WHERE result IS NULL AND ended IS NOT NULL;

CREATE TABLE versions (
  id INTEGER PRIMARY KEY,                       -- rises in the order of commits
  asset TEXT NOT NULL,
  number INTEGER NOT NULL,
  run INTEGER NOT NULL UNIQUE REFERENCES runs,
  content TEXT NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (asset, number),
  UNIQUE (asset, content)
);

-- Which versions read a version.
CREATE TABLE version_inputs (
  asset TEXT NOT NULL,
  number INTEGER NOT NULL,
  user INTEGER NOT NULL REFERENCES versions,
  PRIMARY KEY (asset, number, user)
) WITHOUT ROWID;

-- Which versions hold a blob.
CREATE TABLE version_blobs (
  blob TEXT NOT NULL,
  version INTEGER NOT NULL REFERENCES versions,
  PRIMARY KEY (blob, version)
) WITHOUT ROWID;

CREATE TABLE series (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,
  points INTEGER NOT NULL,                      -- how many it has
  PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE points (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  series INTEGER NOT NULL,
  position INTEGER NOT NULL,                    -- in the order of appending
  step INTEGER NOT NULL,
  value REAL,                                   -- null for not-a-number
  at INTEGER NOT NULL,
  PRIMARY KEY (run, series, position)
) WITHOUT ROWID;

CREATE TABLE log (
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, sequence)
) WITHOUT ROWID;
