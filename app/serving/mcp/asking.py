"""`ask_image`: the local model's answer to a question about an image, or about a page of a document."""

from collections.abc import Sequence

import msgspec

from app.domain.chat.chat import Role, Turn
from app.domain.error_texts import command_line_sentence, engine_texts
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.engine.process.messages import AnswerDelta, Ask, Done, Failed, ThoughtDelta
from app.serving.drawn_images import drawn_image
from app.serving.mcp.opened_files import FileOpener
from app.serving.mcp.reading import PATH
from app.serving.mcp.tools import Progress, Tool, ToolError
from app.serving.served_process import ServedCall, ServedProcess

MAX_QUESTION = 20_000
"""Maximum number of characters of a question."""
NO_MODEL = "There is no model: the user has to start “lorgnette mcp” with --model."


class AskArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Arguments of `ask_image`."""

    path: str
    question: str
    page: int = 1


class Asking:
    """The tool; `images` draws images for the model, `model` is None if the user gave none."""

    def __init__(self, opener: FileOpener, images: ServedProcess, model: ServedProcess | None) -> None:
        self._opener = opener
        self._images = images
        self._model = model

    def tool(self) -> Tool:
        """Return the tool."""
        return Tool(
            "ask_image",
            "Ask about an image",
            "Ask the vision model on this computer a question about an image or a page of a PDF, offline. It may be "
            "wrong; use read_text for exact text.",
            {
                "path": PATH,
                "question": {"type": "string", "minLength": 1, "maxLength": MAX_QUESTION},
                "page": {"type": "integer", "minimum": 1, "default": 1, "description": "Page of a document."},
            },
            ("path", "question"),
            AskArguments,
            self.ask,
        )

    async def ask(self, arguments: AskArguments, progress: Progress) -> Sequence[str]:
        """Return the answer, and a note if it was cut off."""
        if self._model is None:
            raise ToolError(NO_MODEL)
        if not arguments.question.strip() or len(arguments.question) > MAX_QUESTION:
            raise ToolError(f"The question must have 1 to {MAX_QUESTION} characters.")
        options = GenerationOptions(sampling=GREEDY)
        async with self._opener.opened(arguments.path) as file:
            if not 1 <= arguments.page <= file.pages:
                raise ToolError(f"“{arguments.path}” has {file.pages} pages, and no page {arguments.page}.")
            progress(0, None)
            seen = await drawn_image(
                file.path, file.image, options.pixel_budget, self._images, file.files, page=arguments.page - 1
            )
            call = self._model.submit(Ask((Turn(Role.USER, arguments.question, (seen,)),), options))
            try:
                return await _answer(call, progress)
            finally:
                call.cancel()


async def _answer(call: ServedCall, progress: Progress) -> Sequence[str]:
    texts: list[str] = []
    has_thought = is_cut_off = False
    count = 0
    async for event in call:
        match event:
            case AnswerDelta(text=text):
                texts.append(text)
                count += 1
                progress(count, None)
            case ThoughtDelta(text=text):
                has_thought = bool(text)
                count += 1
                progress(count, None)
            case Failed(problem=problem):
                raise ToolError(command_line_sentence(problem))
            case Done(reason=reason):
                is_cut_off = reason.is_cut_off
    if has_thought and not texts:
        raise ToolError(command_line_sentence(engine_texts.ONLY_THOUGHT.problem()))
    return ["".join(texts), *(["The answer stopped at the length limit."] if is_cut_off else [])]
