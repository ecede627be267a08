"""The composer of questions: text, attachments, presets, pixel budget, context gauge."""
