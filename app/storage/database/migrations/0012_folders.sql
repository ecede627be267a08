-- Folders that chats can be put into. No foreign key: a removed folder can be restored until the stores are closed.

CREATE TABLE folder (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    position  INTEGER NOT NULL,  -- ascending order in the list
    collapsed INTEGER NOT NULL DEFAULT 0
) STRICT;

ALTER TABLE conversation ADD COLUMN folder_id TEXT;
