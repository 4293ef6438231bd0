"""A pyte screen as a picture (Debian: python3-pil fonts-dejavu-core).

Braille, blocks and lines are drawn, not taken from a font: pictures are the
same everywhere, and cells join without gaps.
"""
import os

from PIL import Image, ImageDraw, ImageFont
from wcwidth import wcwidth

PALETTE = ("000000", "cd3131", "0dbc79", "e5e510", "2472c8", "bc3fbc", "11a8cd", "cccccc",
           "666666", "f14c4c", "23d18b", "f5f543", "3b8eea", "d670d6", "29b8db", "ffffff")
NAMES = {"black": 0, "red": 1, "green": 2, "brown": 3, "blue": 4, "magenta": 5, "cyan": 6, "white": 7,
         "brightblack": 8, "brightred": 9, "brightgreen": 10, "brightbrown": 11, "brightblue": 12,
         "brightmagenta": 13, "bfightmagenta": 13, "brightcyan": 14, "brightwhite": 15}
FOREGROUND, BACKGROUND = (204, 204, 204), (18, 18, 18)
FOLDER = "/usr/share/fonts/truetype/"
FONTS = (FOLDER + "dejavu/DejaVuSansMono.ttf", FOLDER + "dejavu/DejaVuSans.ttf")
BOLD = FOLDER + "dejavu/DejaVuSansMono-Bold.ttf"

# Dots of a braille cell by bit, as (column, row).
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
# Quadrants of U+2596..259F: 1 upper left, 2 upper right, 4 lower left, 8 lower right.
QUADRANTS = (4, 8, 1, 13, 9, 7, 11, 2, 6, 14)
# Box lines: weight (1 light, 2 heavy) upwards, right, down, left.
BOX = {c: tuple(map(int, v)) for c, v in {
    "─": "0101", "━": "0202", "│": "1010", "┃": "2020", "┌": "0110", "┐": "0011", "└": "1100", "┘": "1001",
    "├": "1110", "┤": "1011", "┬": "0111", "┴": "1101", "┼": "1111", "╭": "0110", "╮": "0011", "╯": "1001",
    "╰": "1100", "╴": "0001", "╵": "1000", "╶": "0100", "╷": "0010", "┏": "0220", "┓": "0022", "┗": "2200",
    "┛": "2002", "┣": "2220", "┫": "2022", "┳": "0222", "┻": "2202", "╋": "2222"}.items()}


def rgb(colour, default, bright=False):
    if colour == "default":
        return default
    if colour in NAMES:
        n = NAMES[colour]
        colour = PALETTE[n + 8 if bright and n < 8 else n]
    return tuple(int(colour[i:i + 2], 16) for i in (0, 2, 4))


class Painter:
    def __init__(self, screen, size):
        self.screen = screen
        self.fonts = [ImageFont.truetype(f, size) for f in FONTS if os.path.exists(f)]
        self.bold = ImageFont.truetype(BOLD, size) if os.path.exists(BOLD) else self.fonts[0]
        ascent, descent = self.fonts[0].getmetrics()
        self.w, self.h, self.ascent = round(self.fonts[0].getlength("M")), ascent + descent, ascent
        self.missing = [bytes(f.getmask("\U0010ffff")) for f in self.fonts]
        self.image = Image.new("RGB", (screen.columns * self.w, screen.lines * self.h), BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)

    def paint(self):
        for y in range(self.screen.lines):
            cells = [self.screen.buffer[y][x] for x in range(self.screen.columns)]
            for x, cell in enumerate(cells):
                self.background(cell, x, y)
            for x, cell in enumerate(cells):
                self.glyph(cell, x, y)
        return self.image

    def colours(self, cell, x, y):
        fg, bg = rgb(cell.fg, FOREGROUND, cell.bold), rgb(cell.bg, BACKGROUND)
        if cell.reverse:
            fg, bg = bg, fg
        cursor = self.screen.cursor
        if not cursor.hidden and (cursor.x, cursor.y) == (x, y):
            fg, bg = bg, (255, 255, 255)
        return fg, bg

    def background(self, cell, x, y):
        if cell.data == "":  # the right half of a wide character
            return
        wide = max(1, wcwidth(cell.data[0]))
        left, top = x * self.w, y * self.h
        self.draw.rectangle([left, top, left + self.w * wide - 1, top + self.h - 1], fill=self.colours(cell, x, y)[1])

    def glyph(self, cell, x, y):
        char = cell.data[:1]
        fg, bg = self.colours(cell, x, y)
        left, top = x * self.w, y * self.h
        if char.strip() == "":
            pass
        elif 0x2800 <= ord(char) <= 0x28ff:
            self.braille(ord(char) - 0x2800, left, top, fg)
        elif 0x2580 <= ord(char) <= 0x259f:
            self.block(ord(char) - 0x2580, left, top, fg, bg)
        elif char in BOX:
            self.box(BOX[char], left, top, fg)
        else:
            self.draw.text((left, top), cell.data, font=self.font(char, cell.bold), fill=fg)
        if cell.underscore:
            line = top + self.ascent + 1
            self.draw.line([left, line, left + self.w - 1, line], fill=fg)

    def font(self, char, bold):
        for font, missing in zip(self.fonts, self.missing):
            mask = font.getmask(char)
            if mask.getbbox() and bytes(mask) != missing:
                return self.bold if bold and font is self.fonts[0] else font
        return self.fonts[0]

    def fill(self, left, top, x0, y0, x1, y1, colour):
        if x1 > x0 and y1 > y0:
            self.draw.rectangle([left + x0, top + y0, left + x1 - 1, top + y1 - 1], fill=colour)

    def braille(self, bits, left, top, fg):
        r = max(1, self.w // 7)
        for bit, (dx, dy) in enumerate(DOTS):
            if bits >> bit & 1:
                px, py = left + self.w * (2 * dx + 1) / 4, top + self.h * (2 * dy + 1) / 8
                self.draw.ellipse([px - r, py - r, px + r, py + r], fill=fg)

    def block(self, n, left, top, fg, bg):
        w, h = self.w, self.h
        if n == 0:
            self.fill(left, top, 0, 0, w, h // 2, fg)
        elif n <= 8:
            self.fill(left, top, 0, h - round(h * n / 8), w, h, fg)
        elif n <= 15:
            self.fill(left, top, 0, 0, round(w * (16 - n) / 8), h, fg)
        elif n == 16:
            self.fill(left, top, w // 2, 0, w, h, fg)
        elif n <= 19:
            share = (n - 16) / 4
            self.fill(left, top, 0, 0, w, h, tuple(int(f * share + b * (1 - share)) for f, b in zip(fg, bg)))
        elif n == 20:
            self.fill(left, top, 0, 0, w, max(1, h // 8), fg)
        elif n == 21:
            self.fill(left, top, w - max(1, w // 8), 0, w, h, fg)
        else:
            for bit, (x, y) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
                if QUADRANTS[n - 22] >> bit & 1:
                    self.fill(left, top, x * (w // 2), y * (h // 2), w if x else w // 2, h if y else h // 2, fg)

    def box(self, arms, left, top, fg):
        cx, cy, unit = self.w // 2, self.h // 2, max(1, self.w // 9)
        for weight, (x0, y0, x1, y1) in zip(arms, ((cx, 0, cx, cy), (cx, cy, self.w - 1, cy),
                                                   (cx, cy, cx, self.h - 1), (0, cy, cx, cy))):
            if weight:
                thick = unit * weight
                self.fill(left, top, x0, y0, x1 + (thick if x0 == x1 else 1), y1 + (thick if y0 == y1 else 1), fg)


def save(screen, path, size=16):
    Painter(screen, size).paint().save(path)
