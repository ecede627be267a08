-- Pinned chats stand first; a deleted one stays until the store is closed, so that it can be brought back.

ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
