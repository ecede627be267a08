"""A whole job of `lorgnette serve` for the test that nothing leaves: it is asked on this machine, then ended."""

import base64
import json
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path


def main() -> int:
    """Ask it about the image that is named, and print the words of both answers."""
    content = Path(sys.argv[1]).read_bytes()
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.search(r"“(.+)” answers at http://(.+)/v1", process.stderr.readline())
        assert found
        model, authority = found.groups()
        url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "Read the text."}]
        asked = {"model": model, "messages": [{"role": "user", "content": parts}], "temperature": 0}
        answer = json.loads(post(authority, "/v1/chat/completions", json.dumps(asked).encode()))
        print(answer["choices"][0]["message"]["content"])  # noqa: T201
        print(post(authority, "/ocr", content).decode())  # noqa: T201
        post(authority, "/ocr?format=pdf", content)
        process.send_signal(signal.SIGTERM)
        return process.wait()


def post(authority: str, path: str, body: bytes) -> bytes:
    """The body of the answer."""
    connection = HTTPConnection(authority, timeout=300)
    try:
        connection.request("POST", path, body)
        response = connection.getresponse()
        assert response.status == 200
        return response.read()
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
