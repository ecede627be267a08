-- OCR results of pages, with the user's corrections. Independent of chats.

CREATE TABLE reading (
    digest      TEXT NOT NULL,     -- sha256 of the file
    number      INTEGER NOT NULL,  -- of the page, from 0
    page        TEXT NOT NULL,     -- JSON Page
    corrections TEXT NOT NULL DEFAULT '{}',  -- JSON: text by number of the line
    model_name  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (digest, number)
) STRICT, WITHOUT ROWID;
