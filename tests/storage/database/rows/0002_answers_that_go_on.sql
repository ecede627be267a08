INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, draft_text, draft_attachments) VALUES (
    'c1',
    'Receipt of a walnut cake',
    '2026-03-14T09:01:00+00:00',
    '2026-03-14T09:30:00+00:00',
    'm6',
    1,
    'and then?',
    '[{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","media_type":"image/png","width":640,"height":480,"byte_size":1000,"frames":2}]'
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    '[{"digest":"abababababababababababababababababababababababababababababababab","name":"receipt.png","media_type":"image/png","width":640,"height":480,"byte_size":1000,"frames":2}]',
    NULL,
    NULL,
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    '{"width":640,"height":480,"lines":[{"text":"Total 9.00","box":{"left":1.0,"top":2.0,"right":3.0,"bottom":4.0},"quad":[{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0},{"x":1.0,"y":2.0}],"score":0.75}],"text":"Total 9.00","rotation":90,"notice":"It may be wrong."}',
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    NULL
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    '{"kind":"engine","what":"It stopped.","kept":"The text is kept.","todo":"Ask again."}'
);
INSERT INTO message (number, id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments, stats, page, problem) VALUES (
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
    NULL
);
