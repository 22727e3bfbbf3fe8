CREATE TABLE schedules (
  name TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  considered INTEGER NOT NULL,                  -- up to when its times have become occurrences, or were passed over
  paused_at INTEGER,
  paused_by TEXT
) WITHOUT ROWID;

CREATE TABLE occurrences (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL REFERENCES schedules,
  due INTEGER NOT NULL,
  cause TEXT NOT NULL,
  by TEXT,
  missed INTEGER NOT NULL,
  state TEXT NOT NULL,
  fence INTEGER NOT NULL,                       -- the attempt that may still write
  owner TEXT,
  started INTEGER,
  ended INTEGER,
  cancelled_by TEXT,
  progress TEXT NOT NULL,
  UNIQUE (schedule, due)                        -- whoever plans a time first has planned it
);
CREATE INDEX occurrences_of_schedule ON occurrences (schedule, id);
CREATE INDEX occurrences_open ON occurrences (schedule, state) WHERE ended IS NULL;

CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL REFERENCES schedules,
  occurrence INTEGER NOT NULL REFERENCES occurrences,
  at INTEGER NOT NULL,
  says TEXT NOT NULL,
  closed INTEGER
);
CREATE INDEX alerts_open ON alerts (schedule) WHERE closed IS NULL;
