-- The ledger of effects, for a database that is not the cell's: an effect there and the note that it was done become one commit
-- by `claimInTransaction`. Columns as in the cell's own table, which a migration makes. May be run again.
CREATE SCHEMA IF NOT EXISTS aet;
CREATE TABLE IF NOT EXISTS aet.effect (
  run_id text COLLATE "C" NOT NULL,
  step text NOT NULL,
  item integer NOT NULL,
  key text NOT NULL,
  attempt integer NOT NULL,
  epoch integer NOT NULL,
  state text NOT NULL,
  claimant text NOT NULL,
  fence integer NOT NULL DEFAULT 1,
  claimed_at timestamptz(3) NOT NULL,
  held_until timestamptz(3) NOT NULL,
  done_at timestamptz(3),
  result json,
  by json,
  resolved_by text,
  PRIMARY KEY (run_id, step, item, key)
);
CREATE INDEX IF NOT EXISTS effect_claimed ON aet.effect (claimed_at) WHERE state = 'claimed';
