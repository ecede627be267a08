-- Counts of deleted rows: a database with fewer rows than its backup has lost some, unless they were deleted.

CREATE TABLE purged (
    messages INTEGER NOT NULL,
    chats    INTEGER NOT NULL,
    images   INTEGER NOT NULL
) STRICT;
