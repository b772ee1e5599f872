-- The store of kneedrive, schema 4. The first six tables are the truth; the last five are made from it and can be
-- dropped and rebuilt at any time. Times ending in _ms are milliseconds since 1970-01-01 UTC. Every row belongs to one
-- runner ("" where there is only one), so that several can share a store without being mixed.

CREATE TABLE IF NOT EXISTS recording (
    -- One row is a file, or the answer of a service, as it came. Its hash is its identity.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    format TEXT NOT NULL,
    name TEXT NOT NULL,                 -- as the caller masked it
    size INTEGER NOT NULL,              -- bytes before compression
    fetched_at_ms INTEGER,              -- answers of services only
    expires_at_ms INTEGER,              -- when body must be gone; null: the runner's own file
    derived TEXT NOT NULL DEFAULT '',   -- version of the results made from it; '' means make them again
    sport TEXT NOT NULL DEFAULT '',     -- what an export's own list calls it; '' where no list named it
    body BLOB                           -- zlib; null once purged. Last, so that the other columns are read without it
);
CREATE UNIQUE INDEX IF NOT EXISTS recording_identity ON recording (sha256, runner);
CREATE INDEX IF NOT EXISTS recording_to_derive ON recording (runner, derived) WHERE body IS NOT NULL;
CREATE INDEX IF NOT EXISTS recording_to_purge ON recording (expires_at_ms)
    WHERE body IS NOT NULL AND expires_at_ms IS NOT NULL;

CREATE TABLE IF NOT EXISTS origin (
    -- One row is a place where a recording was found: a source and its own name for it. recording is null after the
    -- runner made kneedrive forget it, so that the next sync does not bring it back.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    source TEXT NOT NULL,               -- file, folder, garmin, intervals, strava, ...
    key TEXT NOT NULL,
    version TEXT NOT NULL,              -- changes when the source's content does
    recording INTEGER REFERENCES recording (id) ON DELETE SET NULL,
    shoe TEXT NOT NULL DEFAULT ''       -- what the source says was worn: its id, a blank, its name; '' where it does not
);
CREATE UNIQUE INDEX IF NOT EXISTS origin_identity ON origin (runner, source, key);
CREATE INDEX IF NOT EXISTS origin_recording ON origin (recording);

CREATE TABLE IF NOT EXISTS split (
    -- One row is a pair of activities that the runner wants to be two runs, by their ids, lower first.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    a TEXT NOT NULL,
    b TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS split_identity ON split (runner, a, b);

CREATE TABLE IF NOT EXISTS forgotten (
    -- One row is an activity that the runner deleted: only its id and the hash of its recording, nothing of its content.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    activity TEXT NOT NULL,
    sha256 TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS forgotten_identity ON forgotten (runner, activity);

CREATE TABLE IF NOT EXISTS tag (
    -- One row is something the runner noted for a day: a drill begun, new shoes.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    day TEXT NOT NULL,                  -- local date, 2026-05-24
    text TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS tag_identity ON tag (runner, day, text);

CREATE TABLE IF NOT EXISTS sync_state (
    -- One row is how far a source has been read; the cursor means something to that source only.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    source TEXT NOT NULL,
    cursor TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS sync_state_identity ON sync_state (runner, source);

CREATE TABLE IF NOT EXISTS run (
    -- One row is a run as the runner sees it, made of one or several activities: all that lists and searches need.
    id INTEGER PRIMARY KEY,
    runner TEXT NOT NULL,
    key TEXT NOT NULL,                  -- id of the activity that leads it
    started_at_ms INTEGER NOT NULL,
    utc_offset_s INTEGER,
    device TEXT NOT NULL,
    sensor TEXT NOT NULL,               -- provenance word
    firmware TEXT NOT NULL,
    surface TEXT NOT NULL,
    duration_s REAL NOT NULL,
    distance_m REAL,
    height_m REAL,                      -- of the runner, as the run was judged by
    status TEXT NOT NULL,
    dynamics INTEGER NOT NULL,          -- running dynamics measured by its activities
    recordings INTEGER NOT NULL,        -- activities it is made of
    epochs_total INTEGER NOT NULL,
    epochs_scored INTEGER NOT NULL,
    label TEXT NOT NULL,
    certainty TEXT NOT NULL,
    D REAL, D_se REAL, P REAL, P_se REAL, G REAL, G_se REAL, K REAL, K_se REAL
);
CREATE UNIQUE INDEX IF NOT EXISTS run_identity ON run (runner, key);
CREATE INDEX IF NOT EXISTS run_time ON run (runner, started_at_ms, key);

CREATE TABLE IF NOT EXISTS activity (
    -- One row is one session of a recording, with what is compared when runs are put together.
    id INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    run INTEGER REFERENCES run (id) ON DELETE SET NULL,
    runner TEXT NOT NULL,
    key TEXT NOT NULL,                  -- activity id, the start of the recording's hash
    format TEXT NOT NULL,
    device TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    duration_s REAL NOT NULL,
    elapsed_s REAL NOT NULL,
    distance_m REAL,
    heart_rate_bpm REAL,
    dynamics INTEGER NOT NULL,
    sport TEXT NOT NULL,
    sub_sport TEXT NOT NULL,
    provenance TEXT NOT NULL,
    is_run INTEGER NOT NULL,
    verdict TEXT NOT NULL               -- why it is part of its run, '' where it is all of it
);
CREATE UNIQUE INDEX IF NOT EXISTS activity_identity ON activity (runner, key);
CREATE INDEX IF NOT EXISTS activity_time ON activity (runner, started_at_ms, ended_at_ms);
CREATE INDEX IF NOT EXISTS activity_recording ON activity (recording);
CREATE INDEX IF NOT EXISTS activity_run ON activity (run);
CREATE INDEX IF NOT EXISTS activity_loose ON activity (recording) WHERE is_run AND run IS NULL;

CREATE TABLE IF NOT EXISTS run_source (
    -- One row says which activity gives one channel of a run.
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    activity INTEGER NOT NULL REFERENCES activity (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS run_source_identity ON run_source (run, channel);
CREATE INDEX IF NOT EXISTS run_source_activity ON run_source (activity);

CREATE TABLE IF NOT EXISTS epochs (
    -- One row is all 30-second epochs of a run in one block: little-endian float32 column after column (start_s,
    -- weight, then `columns`; a name that begins with "-" has no value anywhere and takes no room), then one byte per
    -- epoch that counts into `reasons`.
    run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    length INTEGER NOT NULL,
    columns TEXT NOT NULL,
    reasons TEXT NOT NULL,
    block BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS detail (
    -- One row is what else is shown of a run: text that the caller made (JSON), as zlib.
    run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    json BLOB NOT NULL
);
