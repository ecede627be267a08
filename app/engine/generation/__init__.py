"""From a conversation to streamed text: prompt, sampling, the loop."""
