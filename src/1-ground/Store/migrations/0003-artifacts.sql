ALTER TABLE store ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;     -- rises with every collection of blobs
ALTER TABLE store ADD COLUMN collector TEXT;                            -- the process that collects just now

-- Blobs a collection is removing.
CREATE TABLE doomed (
  blob TEXT PRIMARY KEY
) WITHOUT ROWID;

-- The files of the programs that runs ran.
CREATE TABLE programs (
  closure TEXT PRIMARY KEY,
  kept INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE program_blobs (
  closure TEXT NOT NULL REFERENCES programs ON DELETE CASCADE,
  blob TEXT NOT NULL,
  PRIMARY KEY (closure, blob)
) WITHOUT ROWID;
CREATE INDEX programs_of_blob ON program_blobs (blob);

-- Files outside that were hashed before.
CREATE TABLE outside (
  path TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  content TEXT NOT NULL
) WITHOUT ROWID;
