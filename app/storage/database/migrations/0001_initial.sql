-- Conversations, their tree of messages, and the images that belong to messages and drafts.

CREATE TABLE conversation (
    id          TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    created     TEXT NOT NULL,  -- ISO 8601, UTC
    updated     TEXT NOT NULL,
    leaf_id     TEXT,           -- last message of the branch that is shown; no foreign key: it may be saved first
    image_count INTEGER NOT NULL DEFAULT 0,
    draft_text  TEXT NOT NULL DEFAULT '',
    draft_attachments TEXT NOT NULL DEFAULT '[]'  -- JSON array of Attachment
) STRICT;

CREATE INDEX conversation_by_update ON conversation (updated DESC);

CREATE TABLE message (
    number          INTEGER PRIMARY KEY,  -- order of creation, and the row id of the search index
    id              TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent_id       TEXT REFERENCES message (id) ON DELETE CASCADE,
    role            TEXT NOT NULL,
    text            TEXT NOT NULL,
    created         TEXT NOT NULL,
    state           TEXT NOT NULL,
    author          TEXT,
    model_name      TEXT NOT NULL DEFAULT '',
    attachments     TEXT NOT NULL DEFAULT '[]',  -- JSON array of Attachment
    stats           TEXT,                        -- JSON AnswerStats
    page            TEXT,                        -- JSON Page
    problem         TEXT                         -- JSON Problem
) STRICT;

CREATE INDEX message_by_conversation ON message (conversation_id, number);
CREATE INDEX message_by_parent ON message (parent_id);

-- Trigrams find parts of words in every script, also where words have no spaces between them.
CREATE VIRTUAL TABLE message_search USING fts5 (text, content = 'message', content_rowid = 'number', tokenize = 'trigram');

-- A streaming answer is saved once a second; it enters the index when it has ended.
CREATE TRIGGER message_search_insert AFTER INSERT ON message WHEN new.state <> 'streaming' BEGIN
    INSERT INTO message_search (rowid, text) VALUES (new.number, new.text);
END;

CREATE TRIGGER message_search_finish AFTER UPDATE OF state ON message
WHEN old.state = 'streaming' AND new.state <> 'streaming' BEGIN
    INSERT INTO message_search (rowid, text) VALUES (new.number, new.text);
END;

CREATE TRIGGER message_search_update AFTER UPDATE OF text ON message
WHEN old.state <> 'streaming' AND old.text <> new.text BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.number, old.text);
    INSERT INTO message_search (rowid, text) VALUES (new.number, new.text);
END;

CREATE TRIGGER message_search_delete AFTER DELETE ON message WHEN old.state <> 'streaming' BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.number, old.text);
END;
