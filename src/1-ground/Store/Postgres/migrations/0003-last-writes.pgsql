-- Whose the last writes of a stripe were. A number of a transaction is given again after a crash that lost it, so that the number alone cannot tell a writer
-- whose answer was lost whether its own commit was kept.
ALTER TABLE revisions ADD COLUMN last bigint[] NOT NULL DEFAULT '{}';
