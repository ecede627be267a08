"""Models on servers with OpenAI's chat completions API."""
