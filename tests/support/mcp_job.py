"""A whole job of `lorgnette mcp` for the test that nothing leaves: its client asks, then closes the input."""

import json
import subprocess
import sys
from pathlib import Path

from app.paths import DEMO_MODEL
from tests.support.mcp_client import INITIALIZE


def main() -> int:
    """Ask it about the image that is named, and print the words of both answers."""
    path = Path(sys.argv[1])
    command = [sys.executable, "-m", "app", "mcp", "--folder", str(path.parent), "--model", str(DEMO_MODEL)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        asked = [
            ("initialize", INITIALIZE),
            ("tools/call", {"name": "read_text", "arguments": {"path": str(path)}}),
            ("tools/call", {"name": "ask_image", "arguments": {"path": str(path), "question": "Read the text."}}),
        ]
        for number, (method, params) in enumerate(asked):
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            result = json.loads(process.stdout.readline())["result"]
            print(*(part["text"] for part in result.get("content", [])))  # noqa: T201
        process.stdin.close()
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
