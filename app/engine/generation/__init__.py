"""Turns a conversation into streamed text: prompt, sampling and the generation loop."""
