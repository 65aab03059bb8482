-- Times are whole milliseconds since 1970-01-01 UTC; ids are their text; tokens are SHA-256.
-- Everything that an organisation owns has its id first in the primary key and in every index.

CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setup_tokens (
    only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    token TEXT NOT NULL
) STRICT;

-- A deleted user keeps the row, because what they did refers to it, and nothing personal in it.
CREATE TABLE users (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    id TEXT NOT NULL,
    name TEXT,
    email TEXT,
    password_hash TEXT,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER,
    deleted_at INTEGER,
    PRIMARY KEY (organisation_id, id),
    CHECK ((deleted_at IS NULL) = (name IS NOT NULL AND email IS NOT NULL)),
    CHECK (deleted_at IS NULL OR (name IS NULL AND email IS NULL AND password_hash IS NULL))
) STRICT;
CREATE UNIQUE INDEX users_by_email ON users (organisation_id, email);
CREATE INDEX users_by_age ON users (organisation_id, created_at, id);

CREATE TABLE sign_ins (
    token BLOB NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (organisation_id, user_id) REFERENCES users (organisation_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_by_user ON sign_ins (organisation_id, user_id);

CREATE TABLE password_links (
    organisation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, user_id),
    FOREIGN KEY (organisation_id, user_id) REFERENCES users (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    id TEXT NOT NULL UNIQUE,
    title TEXT,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (organisation_id, id),
    FOREIGN KEY (organisation_id, created_by) REFERENCES users (organisation_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_age ON sessions (organisation_id, created_at, id);
CREATE INDEX sessions_by_creator ON sessions (organisation_id, created_by);

CREATE TABLE invites (
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, session_id),
    FOREIGN KEY (organisation_id, session_id) REFERENCES sessions (organisation_id, id),
    FOREIGN KEY (organisation_id, created_by) REFERENCES users (organisation_id, id)
) STRICT, WITHOUT ROWID;

-- A guest has a name here; a user has theirs in users, so that it is erased in one place.
CREATE TABLE participants (
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    role TEXT NOT NULL,
    user_id TEXT,
    guest_name TEXT,
    is_present INTEGER NOT NULL DEFAULT 0,
    joined_at INTEGER,
    left_at INTEGER,
    stay TEXT,
    path TEXT,
    is_removed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (organisation_id, session_id, id),
    FOREIGN KEY (organisation_id, session_id) REFERENCES sessions (organisation_id, id),
    FOREIGN KEY (organisation_id, user_id) REFERENCES users (organisation_id, id),
    CHECK ((user_id IS NULL) = (guest_name IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX participants_by_user ON participants (organisation_id, user_id, session_id);
CREATE INDEX participants_present ON participants (organisation_id, session_id)
    WHERE is_present = 1;

CREATE TABLE seats (
    token BLOB NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    participant_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (organisation_id, session_id, participant_id)
        REFERENCES participants (organisation_id, session_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seats_by_participant ON seats (organisation_id, session_id, participant_id);

CREATE TABLE session_events (
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    participant_id TEXT,
    data TEXT NOT NULL,
    idempotency_key TEXT,
    PRIMARY KEY (organisation_id, session_id, seq),
    FOREIGN KEY (organisation_id, session_id) REFERENCES sessions (organisation_id, id),
    FOREIGN KEY (organisation_id, session_id, participant_id)
        REFERENCES participants (organisation_id, session_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_events_by_key
    ON session_events (organisation_id, session_id, idempotency_key);

CREATE TABLE organisation_policies (
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (organisation_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_policies (
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (organisation_id, session_id, name),
    FOREIGN KEY (organisation_id, session_id) REFERENCES sessions (organisation_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE kept_results (
    organisation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    created_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, user_id, operation, key),
    FOREIGN KEY (organisation_id, user_id) REFERENCES users (organisation_id, id)
) STRICT, WITHOUT ROWID;
