-- What the model was unsure of in an answer.

ALTER TABLE message ADD COLUMN doubts TEXT;  -- JSON array of Doubt
