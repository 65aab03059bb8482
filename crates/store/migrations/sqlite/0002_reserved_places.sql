-- Until when a place in the room is kept for a participant who is on their way in.
ALTER TABLE participants ADD COLUMN reserved_until INTEGER;
