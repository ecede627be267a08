-- Instructions of a chat, which the model is given before its messages.

ALTER TABLE conversation ADD COLUMN instructions TEXT NOT NULL DEFAULT '';
