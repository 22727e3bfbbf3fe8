-- What became of the messages of a queue, as long as these tables are there.
CREATE TABLE queue_counts (
  queue TEXT NOT NULL,
  part INTEGER NOT NULL,                        -- of several, so that writers need not wait for each other; their sum counts
  put INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  done INTEGER NOT NULL,
  back INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  PRIMARY KEY (queue, part)
) WITHOUT ROWID;

-- What streams said of themselves last.
CREATE TABLE queue_streams (
  stream TEXT NOT NULL PRIMARY KEY,
  seen INTEGER NOT NULL,
  record TEXT NOT NULL
) WITHOUT ROWID;
