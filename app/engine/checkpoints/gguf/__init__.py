"""Opening GGUF models, as llama.cpp, LM Studio and Ollama have them: a language model and its `mmproj` file."""
