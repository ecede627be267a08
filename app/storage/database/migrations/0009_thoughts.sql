-- The reasoning of thinking models, which is no part of their answers.

ALTER TABLE message ADD COLUMN thought TEXT;  -- JSON object Thought
