-- Ignored areas of a document's pages, by its digest. Independent of chats.

CREATE TABLE ignored_parts (
    digest TEXT PRIMARY KEY,  -- sha256 of the file
    parts  TEXT NOT NULL      -- JSON list of Box, as shares of a page's sides
) STRICT, WITHOUT ROWID;
