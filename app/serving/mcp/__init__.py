"""A Model Context Protocol server over standard input and output, for programs on this machine."""
