-- Pinned chats are listed first; a deleted chat stays until the store is closed, so that it can be restored.

ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
