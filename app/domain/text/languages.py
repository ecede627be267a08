"""Languages that an image can be translated into."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetLanguage:
    """A language: `name` is the English name, used in prompts; `own_name` is the name in the language itself."""

    name: str
    own_name: str


LANGUAGES = tuple(
    TargetLanguage(*names)
    for names in (
        ("English", "English"), ("German", "Deutsch"), ("French", "Français"), ("Spanish", "Español"),
        ("Italian", "Italiano"), ("Portuguese", "Português"), ("Dutch", "Nederlands"), ("Polish", "Polski"),
        ("Turkish", "Türkçe"), ("Vietnamese", "Tiếng Việt"), ("Indonesian", "Bahasa Indonesia"),
        ("Russian", "Русский"), ("Ukrainian", "Українська"), ("Arabic", "العربية"), ("Hindi", "हिन्दी"),
        ("Thai", "ไทย"), ("Simplified Chinese", "简体中文"), ("Traditional Chinese", "繁體中文"),
        ("Japanese", "日本語"), ("Korean", "한국어"),
    )
)  # fmt: skip
