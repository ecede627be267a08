-- Low-confidence spans of an answer.

ALTER TABLE message ADD COLUMN doubts TEXT;  -- JSON array of Doubt
