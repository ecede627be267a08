"""Images as the images process draws them for the model: PNGs of this project, never the files that were sent."""

import math
from hashlib import sha256
from pathlib import Path

from app.domain.chat.chat import SeenImage
from app.domain.ids import Digest
from app.engine.process.messages import ImageProbed, PageShown, ShowPage
from app.serving.served_process import ServedProcess, last_event
from app.serving.uploads import Uploads

DRAWN_PIXELS = 4
"""Maximum number of pixels of a drawn image for each one that the model sees."""


async def drawn_image(
    path: Path,
    probed: ImageProbed | None,
    pixel_budget: int,
    images: ServedProcess,
    files: Uploads,
    *,
    page: int = 0,
    param: str | None = None,
) -> SeenImage:
    """Draw the image at `path`, or a page of a document if there is no `probed`, and return what the model is handed.

    Raises ApiError, in which `param` is the field at fault, and OSError.
    """
    side = math.ceil(math.sqrt(DRAWN_PIXELS * pixel_budget))
    if probed is not None:
        scale = min(1.0, math.sqrt(DRAWN_PIXELS * pixel_budget / (probed.width * probed.height)))
        side = math.ceil(max(probed.width, probed.height) * scale)
    shown = await last_event(images, ShowPage(str(path), page, side), param)
    if not isinstance(shown, PageShown):
        raise TypeError(f"{type(shown).__name__} is no answer to ShowPage")
    drawn = files.add(shown.png)
    return SeenImage(str(drawn), pixel_budget, Digest(sha256(shown.png).hexdigest()))
