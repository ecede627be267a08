"""The chat pane: questions, answers, their versions, find, and the PDF of a chat."""
