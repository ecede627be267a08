"""Models that run elsewhere, asked over the network: any server that speaks OpenAI's chat completions."""
