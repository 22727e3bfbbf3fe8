-- Queues between an application and its ML.
CREATE TABLE queue_messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,         -- the order they are taken in
  queue TEXT NOT NULL,
  key TEXT NOT NULL,
  body BLOB NOT NULL,
  put_at INTEGER NOT NULL,
  visible_at INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  lease INTEGER NOT NULL                        -- the delivery that may settle it, 0 where it was given back
);
CREATE INDEX queue_messages_in_order ON queue_messages (queue, id, visible_at);

-- A key that was put is put no second time.
CREATE TABLE queue_keys (
  queue TEXT NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (queue, key)
) WITHOUT ROWID;
CREATE INDEX queue_keys_by_age ON queue_keys (at);

CREATE TABLE queue_dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL,
  key TEXT NOT NULL,
  body BLOB NOT NULL,
  put_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX queue_dead_in_order ON queue_dead (queue, id);

-- Whose a message of a broker is, and which are done.
CREATE TABLE queue_claims (
  queue TEXT NOT NULL,
  key TEXT NOT NULL,
  owner TEXT NOT NULL,
  until INTEGER NOT NULL,                       -- the time of its end where it is done
  done INTEGER NOT NULL,
  PRIMARY KEY (queue, key)
) WITHOUT ROWID;
CREATE INDEX queue_claims_by_age ON queue_claims (until);
