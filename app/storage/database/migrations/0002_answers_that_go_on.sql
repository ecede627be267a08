-- A finished answer can be continued: it leaves the search index until it ends again.

CREATE TRIGGER message_search_go_on AFTER UPDATE OF state ON message
WHEN old.state <> 'streaming' AND new.state = 'streaming' BEGIN
    INSERT INTO message_search (message_search, rowid, text) VALUES ('delete', old.number, old.text);
END;
