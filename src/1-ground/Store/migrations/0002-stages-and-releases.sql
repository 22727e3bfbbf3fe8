ALTER TABLE store ADD COLUMN production_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN live_release INTEGER NOT NULL DEFAULT 0;

CREATE TABLE stages (
  asset TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage <> 'production'),
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (asset, stage),
  FOREIGN KEY (asset, number) REFERENCES versions (asset, number)
) WITHOUT ROWID;

-- Every move of a pointer, production's too.
CREATE TABLE stage_moves (
  id INTEGER PRIMARY KEY,
  asset TEXT NOT NULL,
  stage TEXT NOT NULL,
  from_number INTEGER,
  number INTEGER,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX stage_moves_of_asset ON stage_moves (asset, id);

CREATE TABLE releases (
  number INTEGER PRIMARY KEY,
  state TEXT NOT NULL,
  record TEXT NOT NULL,                         -- as it was checked; it never changes
  live_at INTEGER,
  withdrawn_at INTEGER
);

CREATE TABLE production (
  asset TEXT PRIMARY KEY,
  number INTEGER NOT NULL,
  FOREIGN KEY (asset, number) REFERENCES versions (asset, number)
) WITHOUT ROWID;

-- Who moved what, and when. Rows are only ever added.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'The audit is append-only.'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'The audit is append-only.'); END;
