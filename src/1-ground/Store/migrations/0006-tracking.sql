-- What clients log by the tracking API, and the registry of models. Times here are milliseconds since 1970, as those clients count them.
CREATE TABLE tracked_experiments (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,                    -- over deleted ones too
  location TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
INSERT INTO tracked_experiments (id, name, location, created, updated) VALUES (0, 'Default', 'mlflow-artifacts:/0', unixepoch() * 1000, unixepoch() * 1000);
CREATE TABLE tracked_experiment_tags (
  experiment INTEGER NOT NULL REFERENCES tracked_experiments,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (experiment, key)
) WITHOUT ROWID;

CREATE TABLE tracked_runs (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  experiment INTEGER NOT NULL REFERENCES tracked_experiments,
  name TEXT NOT NULL,
  user TEXT,
  status INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER,
  location TEXT NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX tracked_runs_by_start ON tracked_runs (experiment, deleted, started DESC, uuid);

-- The hot tables name no foreign key: the writer has just read the run, and runs are never removed.
CREATE TABLE tracked_points (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  step INTEGER NOT NULL,
  value REAL NOT NULL,                          -- 0 where it is not a number
  is_nan INTEGER NOT NULL,
  model TEXT,
  dataset TEXT,
  dataset_digest TEXT,
  PRIMARY KEY (run, key, timestamp, step, value, is_nan)
) WITHOUT ROWID;

-- The newest point of each key, by (step, timestamp, value): what a search compares. The experiment is here so that one index gives its runs in order.
CREATE TABLE tracked_latest (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  experiment INTEGER NOT NULL,
  value REAL NOT NULL,
  is_nan INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  step INTEGER NOT NULL,
  model TEXT,
  dataset TEXT,
  dataset_digest TEXT,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX tracked_latest_by_value ON tracked_latest (experiment, key, is_nan, value);

CREATE TABLE tracked_params (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  experiment INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX tracked_params_by_value ON tracked_params (experiment, key, value);

CREATE TABLE tracked_tags (
  run INTEGER NOT NULL,
  key TEXT NOT NULL,
  experiment INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX tracked_tags_by_value ON tracked_tags (experiment, key, value);

CREATE TABLE tracked_datasets (
  id INTEGER PRIMARY KEY,
  experiment INTEGER NOT NULL REFERENCES tracked_experiments,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  source_type TEXT NOT NULL,
  source TEXT NOT NULL,
  schema TEXT,
  profile TEXT,
  UNIQUE (experiment, name, digest)
);
CREATE TABLE tracked_inputs (
  run INTEGER NOT NULL REFERENCES tracked_runs,
  dataset INTEGER NOT NULL REFERENCES tracked_datasets,
  place INTEGER NOT NULL,                       -- in the order they were logged
  PRIMARY KEY (run, dataset)
) WITHOUT ROWID;
CREATE TABLE tracked_input_tags (
  run INTEGER NOT NULL,
  dataset INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run, dataset, key)
) WITHOUT ROWID;
CREATE TABLE tracked_model_inputs (
  run INTEGER NOT NULL REFERENCES tracked_runs,
  model TEXT NOT NULL,
  PRIMARY KEY (run, model)
) WITHOUT ROWID;
CREATE TABLE tracked_model_outputs (
  run INTEGER NOT NULL REFERENCES tracked_runs,
  model TEXT NOT NULL,
  step INTEGER NOT NULL,
  PRIMARY KEY (run, model)
) WITHOUT ROWID;

CREATE TABLE logged_models (
  id INTEGER PRIMARY KEY,
  model TEXT NOT NULL UNIQUE,                   -- m-…
  experiment INTEGER NOT NULL REFERENCES tracked_experiments,
  name TEXT NOT NULL,
  type TEXT,
  run TEXT,
  status INTEGER NOT NULL,
  location TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX logged_models_by_time ON logged_models (experiment, deleted, created DESC, model);
CREATE TABLE logged_model_params (
  model INTEGER NOT NULL REFERENCES logged_models,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, key)
) WITHOUT ROWID;
CREATE TABLE logged_model_tags (
  model INTEGER NOT NULL REFERENCES logged_models,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, key)
) WITHOUT ROWID;
CREATE TABLE logged_model_metrics (
  model INTEGER NOT NULL REFERENCES logged_models,
  key TEXT NOT NULL,
  dataset TEXT NOT NULL,                        -- empty where the point names none
  dataset_digest TEXT NOT NULL,
  run TEXT NOT NULL,
  value REAL NOT NULL,
  is_nan INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  step INTEGER NOT NULL,
  PRIMARY KEY (model, key, dataset, dataset_digest)
) WITHOUT ROWID;

CREATE TABLE registered_models (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  numbers INTEGER NOT NULL DEFAULT 0,           -- the highest version number ever given
  asset TEXT UNIQUE                             -- the asset it shows; null where a client registered it
);
CREATE TABLE registered_model_tags (
  model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (model, key)
) WITHOUT ROWID;
CREATE TABLE model_versions (
  id INTEGER PRIMARY KEY,
  model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE,
  number INTEGER NOT NULL,
  description TEXT,
  stage TEXT NOT NULL,
  source TEXT NOT NULL,
  storage TEXT NOT NULL,                        -- the source, with models:/ resolved
  run TEXT,
  run_link TEXT,
  logged_model TEXT,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  UNIQUE (model, number)
);
CREATE INDEX model_versions_of_logged ON model_versions (logged_model);
CREATE INDEX model_versions_at ON model_versions (storage);
CREATE TABLE model_version_tags (
  version INTEGER NOT NULL REFERENCES model_versions ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (version, key)
) WITHOUT ROWID;
CREATE TABLE model_aliases (
  model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL REFERENCES model_versions ON DELETE CASCADE,
  PRIMARY KEY (model, alias)
) WITHOUT ROWID;
CREATE INDEX model_aliases_of_version ON model_aliases (version);

-- The files clients uploaded: a path below mlflow-artifacts:/, and the blob it names now.
CREATE TABLE tracked_artifacts (
  path TEXT PRIMARY KEY,
  blob TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  modified INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tracked_artifacts_of_blob ON tracked_artifacts (blob);
