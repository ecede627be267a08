"""Text: Markdown, languages, scripts, confidence, detections."""
