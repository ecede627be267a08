INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, draft_text, draft_attachments, pinned, deleted, instructions, folder_id) VALUES (
    'c1',
    'Receipt of a walnut cake',
    '2026-03-14T09:01:00+00:00',
    '2026-03-14T09:30:00+00:00',
    'm6',
    1,
    'and then?',
    '[{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","media_type":"image/png","width":640,"height":480,"byte_size":1000,"frames":2,"seconds":2.5,"part_of":{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","left":1,"top":2,"right":3,"bottom":4,"turns":1},"pixel_budget":65536}]',
    1,
    0,
    'Be brief.',
    'f1'
);
INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, draft_text, draft_attachments, pinned, deleted, instructions, folder_id) VALUES (
    'c2',
    'Gone',
    '2026-03-14T09:01:00+00:00',
    '2026-03-14T09:30:00+00:00',
    NULL,
    1,
    '',
    '[]',
    1,
    1,
    'Be brief.',
    'f1'
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    1,
    'm1',
    'c1',
    NULL,
    'user',
    'What is the total?',
    '2026-03-14T09:01:00+00:00',
    'complete',
    NULL,
    '',
    '[{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","media_type":"image/png","width":640,"height":480,"byte_size":1000,"frames":2,"seconds":2.5,"part_of":{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","left":1,"top":2,"right":3,"bottom":4,"turns":1},"pixel_budget":65536}]',
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    2,
    'm2',
    'c1',
    'm1',
    'assistant',
    'The total is 9.00.',
    '2026-03-14T09:02:00+00:00',
    'complete',
    'model',
    'tiny',
    '[]',
    '{"prompt_tokens":7,"visual_tokens":7,"new_tokens":7,"first_token_seconds":1.5,"total_seconds":1.5,"context_tokens":7,"reused_tokens":7,"drafted_tokens":7}',
    NULL,
    NULL,
    '[{"start":0,"end":4,"probability":0.5,"alternatives":[["alternatives",1.5]]}]',
    '{"text":"Three lines, so nine.","seconds":2.5}'
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    3,
    'm3',
    'c1',
    'm1',
    'assistant',
    'Total 9.00',
    '2026-03-14T09:03:00+00:00',
    'complete',
    'reader',
    '',
    '[]',
    NULL,
    '{"width":640,"height":480,"lines":[{"text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"quad":[{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0}],"score":0.75}],"text":"Total 9.00","rotation":90,"notice":"It may be wrong.","tables":[{"rows":1,"columns":1,"cells":[{"row":0,"column":0,"text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"row_span":1,"column_span":1}],"box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"is_ruled":true}],"codes":[{"kind":"kind","text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0}}],"script":"Latin"}',
    NULL,
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    4,
    'm4',
    'c1',
    'm2',
    'user',
    'And the date?',
    '2026-03-14T09:04:00+00:00',
    'complete',
    NULL,
    '',
    '[]',
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    5,
    'm5',
    'c1',
    'm4',
    'assistant',
    'It is',
    '2026-03-14T09:05:00+00:00',
    'failed',
    'model',
    '',
    '[]',
    NULL,
    NULL,
    '{"kind":"engine","what":"It stopped.","kept":"The text is kept.","todo":"Ask again.","id":"engine.failed","arguments":[["error","Stopped"]]}',
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    6,
    'm6',
    'c1',
    'm4',
    'assistant',
    'It is 14 March',
    '2026-03-14T09:06:00+00:00',
    'streaming',
    'model',
    '',
    '[]',
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem, doubts, thought) VALUES (
    7,
    'm7',
    'c2',
    NULL,
    'user',
    'What is the total?',
    '2026-03-14T09:01:00+00:00',
    'complete',
    NULL,
    '',
    '[{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","media_type":"image/png","width":640,"height":480,"byte_size":1000,"frames":2,"seconds":2.5,"part_of":{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","left":1,"top":2,"right":3,"bottom":4,"turns":1},"pixel_budget":65536}]',
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
);
INSERT INTO reading (digest, number, page, corrections, model_name) VALUES (
    'abababababababababababababababababababababababababababababababab',
    1,
    '{"width":640,"height":480,"lines":[{"text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"quad":[{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0}],"score":0.75}],"text":"Total 9.00","rotation":90,"notice":"It may be wrong.","tables":[{"rows":1,"columns":1,"cells":[{"row":0,"column":0,"text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"row_span":1,"column_span":1}],"box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"is_ruled":true}],"codes":[{"kind":"kind","text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0}}],"script":"Latin"}',
    '{"0":"Total 9.50"}',
    'tiny'
);
INSERT INTO ignored_parts (digest, parts) VALUES (
    'abababababababababababababababababababababababababababababababab',
    '[{"left":0.0,"top":0.0,"right":1.0,"bottom":0.1}]'
);
INSERT INTO purged (messages, chats, images, readings) VALUES (
    4,
    2,
    1,
    0
);
INSERT INTO reading_text (number, digest, page, text) VALUES (
    1,
    'abababababababababababababababababababababababababababababababab',
    1,
    'Total 9.50'
);
INSERT INTO image_use (digest, message) VALUES (
    'abababababababababababababababababababababababababababababababab',
    1
);
INSERT INTO image_use (digest, message) VALUES (
    'abababababababababababababababababababababababababababababababab',
    7
);
INSERT INTO document (digest, path, name) VALUES (
    'abababababababababababababababababababababababababababababababab',
    '/home/user/receipt.png',
    'receipt.png'
);
INSERT INTO folder (id, name, position, collapsed) VALUES (
    'f1',
    'Receipts',
    0,
    1
);
