-- The texts of OCR results with their corrections, for the search; which images messages have; which files were opened
-- as documents. An OCR result of an image that only chats have is deleted with the last of them, any other is kept.

CREATE TABLE reading_text (
    number INTEGER PRIMARY KEY,  -- order of reading, and the row id of the search index
    digest TEXT NOT NULL,        -- as in reading
    page   INTEGER NOT NULL,     -- reading.number
    text   TEXT NOT NULL,
    UNIQUE (digest, page)
) STRICT;

CREATE VIRTUAL TABLE reading_search USING fts5 (
    text, content = 'reading_text', content_rowid = 'number', tokenize = 'trigram'
);

CREATE TRIGGER reading_search_insert AFTER INSERT ON reading_text BEGIN
    INSERT INTO reading_search (rowid, text) VALUES (new.number, new.text);
END;

CREATE TRIGGER reading_search_update AFTER UPDATE OF text ON reading_text WHEN old.text <> new.text BEGIN
    INSERT INTO reading_search (reading_search, rowid, text) VALUES ('delete', old.number, old.text);
    INSERT INTO reading_search (rowid, text) VALUES (new.number, new.text);
END;

CREATE TRIGGER reading_search_delete AFTER DELETE ON reading_text BEGIN
    INSERT INTO reading_search (reading_search, rowid, text) VALUES ('delete', old.number, old.text);
END;

CREATE TABLE image_use (
    digest  TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (number) ON DELETE CASCADE,
    PRIMARY KEY (digest, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX image_use_by_message ON image_use (message);

INSERT OR IGNORE INTO image_use (digest, message)
SELECT json_extract(item.value, '$.digest'), message.number
FROM message, json_each(CASE WHEN json_valid(attachments) THEN attachments ELSE '[]' END) AS item
WHERE item.type = 'object' AND json_type(item.value, '$.digest') = 'text';

CREATE TABLE document (
    digest TEXT PRIMARY KEY,  -- sha256 of the file
    path   TEXT NOT NULL,     -- where it was when it was opened last; empty if that is unknown
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO document (digest, path, name)
SELECT DISTINCT digest, '', '' FROM reading
WHERE instr(coalesce((SELECT group_concat(attachments) FROM message WHERE attachments <> '[]'), ''), digest) = 0
    AND instr(coalesce((SELECT group_concat(draft_attachments) FROM conversation), ''), digest) = 0;

ALTER TABLE purged ADD COLUMN readings INTEGER NOT NULL DEFAULT 0;
