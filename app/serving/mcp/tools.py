"""The tools that clients may call: their names, descriptions and arguments, and who does their work.

A tool's result is text; what goes wrong is one sentence, which the client is told as a result that is an error.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.domain.error_texts import command_line_sentence
from app.domain.errors import UserError
from app.serving.api_errors import ApiError
from app.serving.mcp.allowed_folders import PathRefused

_log = logging.getLogger(__name__)


class ToolError(Exception):
    """A call of a tool has failed; the message is one sentence for the client."""


class UnknownTool(Exception):
    """There is no tool of this name."""


Progress = Callable[[int, int | None], None]
"""Called with how far a call is, and of how much, if that is known."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `arguments` is the struct that its arguments are decoded to, `schema` describes its fields to clients."""

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    required: tuple[str, ...]
    arguments: type[msgspec.Struct]
    work: Callable[[Any, Progress], Awaitable[Sequence[str]]]

    def described(self) -> dict[str, Any]:
        """Return the tool as `tools/list` has it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": {
                "type": "object",
                "properties": self.properties,
                "required": list(self.required),
                "additionalProperties": False,
            },
            "annotations": {"title": self.title, "readOnlyHint": True, "openWorldHint": False},
        }


class Tools:
    """All tools, by name."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def described(self) -> list[dict[str, Any]]:
        """Return the tools as `tools/list` has them."""
        return [tool.described() for tool in self._tools.values()]

    def check(self, name: str) -> None:
        """Raise UnknownTool if there is no tool called `name`."""
        if name not in self._tools:
            raise UnknownTool(f"There is no tool “{name[:100]}”. There are: {', '.join(self._tools)}.")

    async def call(self, name: str, arguments: object, progress: Progress) -> Sequence[str]:
        """Do a tool's work and return its texts. Raises ToolError for anything that goes wrong."""
        tool = self._tools[name]
        try:
            return await tool.work(msgspec.convert(arguments, tool.arguments), progress)
        except msgspec.ValidationError as error:
            raise ToolError(f"The arguments of {name} are wrong: {error}.") from None
        except (ToolError, PathRefused, ApiError) as error:
            raise ToolError(str(error)) from error
        except UserError as error:
            raise ToolError(command_line_sentence(error.problem)) from error
        except OSError as error:
            raise ToolError(f"The system reported an error ({type(error).__name__}).") from error
        except Exception as error:
            _log.exception("a tool was not served")
            raise ToolError(f"Something went wrong in Lorgnette ({type(error).__name__}).") from error
