"""`POST /ocr`, with the real engine processes where their work is what is asked for."""

import http.client
import io
import json
from pathlib import Path
from random import Random
from typing import Any

import pikepdf

from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.paths import RESOURCES
from app.serving.limits import Limits
from tests.support.batch_backends import PAGE_BREAK
from tests.support.mutations import good_files, mutated
from tests.support.serving import Served, running_server, scripted_client

NOTE = RESOURCES / "samples" / "note.png"
FORM = "multipart/form-data; boundary=XX"


def with_real_readers(kind: BackendKind) -> EngineClient:
    """A client of the real process, but for the model's."""
    return scripted_client(kind) if kind.answers else EngineClient(kind)


def post(served: Served, body: bytes, query: str = "", **headers: str) -> tuple[int, str, bytes]:
    """The status, media type and body of the answer."""
    connection = http.client.HTTPConnection(served.host, served.port, timeout=120)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", f"/ocr{query}", body, given)
        response = connection.getresponse()
        return response.status, response.getheader("content-type", "").partition(";")[0], response.read()
    finally:
        connection.close()


def error(answer: tuple[int, str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer[2])["error"]
    return found


def form(content: bytes, name: str = "scan.png") -> bytes:
    head = f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--XX--\r\n"


def test_text_is_the_default(served: Served) -> None:
    assert post(served, b"Gate B14") == (200, "text/plain", b"Gate B14\n")
    assert post(served, b"Gate B14", Accept="*/*") == (200, "text/plain", b"Gate B14\n")


def test_the_query_or_accept_chooses_the_form(served: Served) -> None:
    for accept, query in (("application/json", ""), ("text/html;q=0.1, application/json", ""), ("x/y", "?format=json")):
        status, media_type, body = post(served, b"Gate\fB14", query, Accept=accept)
        assert (status, media_type) == (200, "application/json")
        pages = json.loads(body)["pages"]
        assert [page["page"] for page in pages] == [1, 2]
        assert pages[1]["lines"][0]["text"] == "B14"
        assert pages[1]["lines"][0]["box"] == {"left": 0, "top": 0, "right": 30, "bottom": 20}
    assert post(served, b"Gate", "?format=md")[1:] == ("text/markdown", b"Gate  \n")
    assert post(served, b"Gate", "?format=csv")[:2] == (200, "text/csv")
    assert error(post(served, b"Gate", "?format=exe"))["param"] == "format"
    answer = post(served, b"Gate", Accept="image/png")
    assert (answer[0], error(answer)["code"]) == (406, "not_acceptable")


def test_a_searchable_pdf_is_made(served: Served) -> None:
    status, media_type, body = post(served, b"Gate\fB14", Accept="application/pdf")
    assert (status, media_type) == (200, "application/pdf")
    assert body == b"%PDF of 'Gate\\x0cB14', 2 pages"
    assert error(post(served, b"Gate", "?format=pdf&pages=1"))["param"] == "pages"


def test_pages_are_chosen_and_bounded() -> None:
    with running_server(Limits(pages=2)) as served:
        content = PAGE_BREAK.join("abcd").encode()
        assert post(served, content, "?pages=2,4")[2] == b"b\nd\n"
        for query in ("", "?pages=7", "?pages=x"):
            assert error(post(served, content, query))["param"] == "pages"


def test_a_form_has_the_file_and_its_name(served: Served) -> None:
    status, _, body = post(served, form(b"Gate"), "?format=json", Content_Type=FORM)
    assert (status, json.loads(body)["file"]) == (200, "scan.png")
    _, _, body = post(served, form(b"Gate", "../../etc/passwd"), "?format=json", Content_Type=FORM)
    assert json.loads(body)["file"] == "passwd"
    for content, content_type in (
        (b"Gate", FORM),
        (b"--XX\r\n\r\n", FORM),
        (form(b"Gate"), "multipart/form-data"),
        (form(b""), FORM),
        (b"--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX--\r\n", FORM),
        (form(b"a")[:-8] + form(b"b"), FORM),
    ):
        answer = post(served, content, Content_Type=content_type)
        assert answer[0] == 400, content
        assert error(answer)["type"] == "invalid_request_error"


def test_what_is_no_image_is_an_error_of_the_client(served: Served) -> None:
    assert error(post(served, b"refuse"))["message"] == "It is not an image. Take another."
    assert error(post(served, b""))["code"] == "invalid_image"


def test_a_file_that_ends_its_process_is_told_and_the_next_one_is_read(served: Served) -> None:
    answer = post(served, b"exit")
    assert (answer[0], error(answer)["type"]) == (503, "server_error")
    assert post(served, b"Gate")[2] == b"Gate\n"


def test_real_processes_read_real_images_and_survive_broken_ones(tmp_path: Path) -> None:
    with running_server(create_client=with_real_readers) as served:
        text = post(served, NOTE.read_bytes())[2].decode()
        assert text.split() == ["Gate", "B14", "Boarding", "09:35", "Luggage:", "23", "kg"]
        status, media_type, body = post(served, form(NOTE.read_bytes()), "?format=pdf", Content_Type=FORM)
        assert (status, media_type) == (200, "application/pdf")
        with pikepdf.open(io.BytesIO(body)) as pdf:
            assert len(pdf.pages) == 1
        rng = Random(7)
        statuses = {post(served, mutated(path.read_bytes(), rng))[0] for path in good_files(tmp_path)}
        assert statuses <= {200, 400, 503}
        assert post(served, NOTE.read_bytes())[2].decode() == text
