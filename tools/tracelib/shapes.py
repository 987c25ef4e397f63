"""SVG as text: elements, and the document around them. Lengths are pixels, rounded to a tenth."""
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
INK, PALE, GROUND = "#1f2933", "#52606d", "#f4f6f8"      # of text, of lesser text, of an empty row


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def number(value):
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def element(name, content="", **attributes):
    """<name ...>content</name>; an attribute's `_` stands for `-` (and `class_` is class), one that is None is left out."""
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    words = "".join(f' {key}="{escape(number(value))}"' for key, value in given.items())
    return f"<{name}{words}>{content}</{name}>" if content else f"<{name}{words}/>"


def rect(x, y, w, h, fill, tip=None, **more):
    """A rectangle; the tip appears when one points at it."""
    return element("rect", element("title", escape(tip)) if tip else "", fill=fill, x=x, y=y, width=w, height=h, **more)


def path(d, fill="none", tip=None, **more):
    return element("path", element("title", escape(tip)) if tip else "", fill=fill, d=d, **more)


def text(x, y, words, size=12, fill=INK, anchor=None, bold=False):
    weight = "bold" if bold else None
    return element("text", escape(words), x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, font_weight=weight)


def document(width, height, parts):
    """The SVG, on white."""
    box = f'width="{width}" height="{number(height)}" viewBox="0 0 {width} {number(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="{FONT}">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>"]) + "\n"
