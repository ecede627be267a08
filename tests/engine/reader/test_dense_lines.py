"""Lines whose letters are narrow in their box, as in screenshots with much space between lines and in faxes."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.recognise import Recogniser

TEXTS = ("silver coffee number corner", "letter bottle summer street", "Boxes: 12 Weight: 86.5 kg")


def test_double_letters_and_spaces_are_kept_in_a_box_of_three_times_the_height_of_its_text() -> None:
    font = ImageFont.load_default(24)
    image = Image.new("RGB", (440, 240), "white")
    draw = ImageDraw.Draw(image)
    reader = Recogniser()
    found = []
    for row, text in enumerate(TEXTS):
        top = 10 + 76 * row
        draw.text((16, top + 22), text, "black", font)
        right = 24 + font.getlength(text)
        found.append(reader.read(image, np.array([(8, top), (right, top), (right, top + 72), (8, top + 72)], float)))
    assert [line.text for line in found] == list(TEXTS)
    assert all(letter.start <= letter.end <= 1 for line in found for letter in line.letters)
