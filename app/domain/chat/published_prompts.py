"""The prompts that publishers of document-reading models train and publish them with.

Sources: conv_for_infer.py of https://github.com/FireRedTeam/FireRed-OCR, and the prompt "v1.5" of the package
typhoon-ocr (https://github.com/scb-10x/typhoon-ocr); both Apache-2.0. Indentation is left out.
"""

from app.domain.chat.presets import Preset

_FIRERED_PROMPT = r"""You are an AI assistant specialized in converting PDF images to Markdown format. Please follow \
these instructions for the conversion:

1. Text Processing:
- Accurately recognize all text content in the PDF image without guessing or inferring.
- Convert the recognized text into Markdown format.
- Maintain the original document structure, including headings, paragraphs, lists, etc.

2. Mathematical Formula Processing:
- Convert all mathematical formulas to LaTeX format.
- Enclose inline formulas with,(,). For example: This is an inline formula,( E = mc^2,)
- Enclose block formulas with,\[,\]. For example:,[,frac{-b,pm,sqrt{b^2 - 4ac}}{2a},]

3. Table Processing:
- Convert tables to HTML format.
- Wrap the entire table with <table> and </table>.

4. Figure Handling:
- Ignore figures content in the PDF image. Do not attempt to describe or convert images.

5. Output Format:
- Ensure the output Markdown document has a clear structure with appropriate line breaks between elements.
- For complex layouts, try to maintain the original document's structure and format as closely as possible.

Please strictly follow these guidelines to ensure accuracy and consistency in the conversion. Your task is to \
accurately convert the content of the PDF image into Markdown format without adding any extra explanations or comments.
""".replace("\\\n", "")
_TYPHOON_PROMPT = """Extract all text from the image.

Instructions:
- Only return the clean Markdown.
- Do not include any explanation or extra text.
- You must include all information on the page.

Formatting Rules:
- Tables: Render tables using <table>...</table> in clean HTML format.
- Equations: Render equations using LaTeX syntax with inline ($...$) and block ($$...$$).
- Images/Charts/Diagrams: Wrap any clearly defined visual areas (e.g. charts, diagrams, pictures) in:

<figure>
Describe the image's main elements (people, objects, text), note any contextual clues (place, event, culture), \
mention visible text and its meaning, provide deeper analysis when relevant (especially for financial charts, graphs, \
or documents), comment on style or architecture if relevant, then give a concise overall summary. Describe in Thai.
</figure>

- Page Numbers: Wrap page numbers in <page_number>...</page_number> (e.g., <page_number>14</page_number>).
- Checkboxes: Use ☐ for unchecked and ☑ for checked boxes.
"""
FIRERED, TYPHOON = Preset("FireRed-OCR", _FIRERED_PROMPT), Preset("Typhoon-OCR", _TYPHOON_PROMPT)
_PUBLISHED = {"firered-ocr": FIRERED, "typhoon-ocr1.5": TYPHOON}
"""Presets by a part of the names of the models that they belong to, quantised copies included."""


def published_presets(model_name: str) -> tuple[Preset, ...]:
    """Return the presets that were published for a model, by its shown name."""
    name = model_name.casefold()
    return tuple(preset for part, preset in _PUBLISHED.items() if part in name)
