-- How many guests have taken a place with this invite.
ALTER TABLE invites ADD COLUMN guests INTEGER NOT NULL DEFAULT 0;

-- What guests took under which Idempotency-Key. Whoever shows the key gets a seat, so only its
-- SHA-256 is kept.
CREATE TABLE kept_redemptions (
    organisation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    participant_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, session_id, key),
    FOREIGN KEY (organisation_id, session_id, participant_id)
        REFERENCES participants (organisation_id, session_id, id)
) STRICT, WITHOUT ROWID;
