-- A finished answer that went on with another text in the same change left the search index twice, which damaged it.

DROP TRIGGER message_search_update;

CREATE TRIGGER message_search_update AFTER UPDATE OF text ON message
WHEN old.state <> 'streaming' AND new.state <> 'streaming' AND old.text <> new.text BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.number, old.text);
    INSERT INTO message_search (rowid, text) VALUES (new.number, new.text);
END;
