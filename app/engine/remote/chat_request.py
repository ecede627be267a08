"""Converts a conversation to an OpenAI chat completion request (https://platform.openai.com/docs/api-reference/chat).

Only fields that vLLM, SGLang, llama-server, Ollama and transformers' server all accept are sent; a schema of the answer
only until a server refuses it.
"""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.images.video_frames import frame_count, seen_frame_size
from app.domain.images.visual_tokens import seen_size
from app.domain.ports import CancelCheck
from app.domain.settings.generation_options import GenerationOptions
from app.engine.imaging.open_image import open_image
from app.engine.imaging.open_video import is_video, sample_frames, video_facts
from app.engine.remote.connection import FORMAT

QUALITY = 92
"""Quality of the JPEGs that are sent: letters stay sharp, and a page is a fifth the size of its PNG."""
GO_ON = "Go on exactly where you stopped. Do not repeat anything, and do not comment."
Json = dict[str, Any]


def chat_request(
    turns: Sequence[Turn], model: str, options: GenerationOptions, check: CancelCheck, schema: str = ""
) -> Json:
    """Return the request's body, with the JSON schema of the answer if there is one. Raises ImageError."""
    if turns[-1].role is Role.ASSISTANT and not turns[-1].text:  # It has not got beyond its reasoning.
        turns = turns[:-1]
    messages = [_message(turn, options, check) for turn in turns]
    if turns[-1].role is Role.ASSISTANT:  # Not all servers can continue a partial answer, but all accept a question.
        messages.append({"role": "user", "content": GO_ON})
    body: Json = {
        "model": model,
        "messages": messages,
        "max_tokens": options.max_new_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if options.sampling:
        body |= {"temperature": options.sampling.temperature, "top_p": options.sampling.top_p}
        body["presence_penalty"] = options.sampling.presence_penalty
    if schema:
        described = {"name": "answer", "strict": True, "schema": json.loads(schema)}
        body[FORMAT] = {"type": "json_schema", "json_schema": described}
    return body


def _message(turn: Turn, options: GenerationOptions, check: CancelCheck) -> Json:
    if not turn.images:
        return {"role": turn.role.value, "content": turn.text}
    parts = [part for image in turn.images for part in _image_parts(image, options, check)]
    return {"role": turn.role.value, "content": [*parts, {"type": "text", "text": turn.text}]}


def _image_parts(image: SeenImage, options: GenerationOptions, check: CancelCheck) -> list[Json]:
    check()
    path, budget = Path(image.path), image.pixel_budget or options.pixel_budget
    if not is_video(path):
        picture = open_image(path)
        return [_picture(picture, seen_size(*picture.size, budget))]
    frames = sample_frames(path, frame_count(video_facts(path).seconds, options.clip_frames), check)
    parts = []
    for seconds, frame in frames:
        parts.append({"type": "text", "text": f"<{seconds:.1f} seconds>"})
        parts.append(_picture(frame, seen_frame_size(*frame.size, len(frames), budget)))
    return parts


def _picture(image: Image.Image, size: tuple[int, int]) -> Json:
    """Return an image part of the size that a local model would see; no server is sent more than it needs."""
    width, height = size
    if width * height < image.width * image.height:
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=QUALITY)
    data = base64.b64encode(encoded.getvalue()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
