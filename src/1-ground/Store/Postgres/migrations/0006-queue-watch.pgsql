-- What became of the messages of a queue, as long as these tables are there.
CREATE TABLE queue_counts (
  queue text COLLATE "C" NOT NULL,
  part integer NOT NULL,                        -- of several, so that writers need not wait for each other; their sum counts
  put bigint NOT NULL,
  taken bigint NOT NULL,
  done bigint NOT NULL,
  back bigint NOT NULL,
  dead bigint NOT NULL,
  PRIMARY KEY (queue, part)
);
ALTER TABLE queue_counts SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- What streams said of themselves last.
CREATE TABLE queue_streams (
  stream text COLLATE "C" NOT NULL PRIMARY KEY,
  seen bigint NOT NULL,
  record text NOT NULL
);
