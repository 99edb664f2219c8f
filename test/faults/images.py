"""Makes images.json: pictures of many kinds, and what Pillow makes of each after damage (mutate in mutate.ts, the same numbers here): '' where it refuses
the file, else the size and the first 16 hex digits of the SHA-256 of Image.open(file).convert('RGB').tobytes(); of whole pictures as RGBA and L too.

python images.py > images.json (needs pillow, numpy)
python images.py FIRST COUNT FOLDER: writes other cases, with their answers in answers.json, to try by hand: see images.test.ts
"""
import base64, hashlib, io, json, os, struct, sys, warnings, zlib
import numpy as np
import PIL
from PIL import Image

warnings.simplefilter("ignore")
here = os.path.dirname(os.path.abspath(__file__))
fixtures = os.path.join(here, "..", "fixtures")
CASES = 1000


# --- the damage, as in mutate.ts

class Random:
    def __init__(self, seed):
        self.state = (seed * 2654435761) & 0xFFFFFFFF

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 16) % n


def parts(b):
    out = []
    if b[:4] == b"\x89PNG":
        at = 8
        while at + 12 <= len(b):
            end = min(at + 12 + int.from_bytes(b[at:at + 4], "big"), len(b))
            out.append((at, end))
            at = end
    elif b[:2] == b"\xff\xd8":
        at = 2
        while at + 4 <= len(b) and b[at] == 0xFF and b[at + 1] != 0xDA:
            end = min(at + 2 + int.from_bytes(b[at + 2:at + 4], "big"), len(b))
            out.append((at, end))
            at = end
        out.append((at, len(b)))
    elif b[:4] == b"RIFF":
        at = 12
        while at + 8 <= len(b):
            size = int.from_bytes(b[at + 4:at + 8], "little")
            end = min(at + 8 + size + size % 2, len(b))
            out.append((at, end))
            at = end
    else:
        out = [(len(b) * i // 8, len(b) * (i + 1) // 8) for i in range(8)]
    return out


def mutate(original, seed):
    r = Random(seed)
    b = bytearray(original)
    kind = r.below(13)
    pieces = parts(original)
    start, end = pieces[r.below(len(pieces))]
    if kind == 0:
        for _ in range(1 + r.below(4)):
            at = r.below(len(b))
            b[at] ^= 1 << r.below(8)
    elif kind == 1:
        for _ in range(1 + r.below(4)):
            at = r.below(len(b))
            b[at] = (0, 255, r.below(256))[r.below(3)]
    elif kind == 2:
        b = b[:r.below(len(b))]
    elif kind == 3:
        at = r.below(len(b))
        b[at:at] = bytes([r.below(256) for _ in range(1 + r.below(16))])
    elif kind == 4:
        at = r.below(len(b))
        del b[at:at + 1 + r.below(16)]
    elif kind == 5:
        first, second = sorted([(start, end), pieces[r.below(len(pieces))]])
        if first != second:
            b = b[:first[0]] + b[second[0]:second[1]] + b[first[1]:second[0]] + b[first[0]:first[1]] + b[second[1]:]
    elif kind == 6:
        b = b[:end] + b[start:end] + b[end:]
    elif kind == 7:
        b = b[:start] + b[end:]
    elif kind == 8:
        at = min(start + r.below(8), len(b) - 1)
        b[at] = r.below(256)
    elif kind == 9:
        b[max(end - 1 - r.below(4), 0)] ^= 1 << r.below(8)
    elif kind == 10:
        at = r.below(min(64, len(b)))
        b[at] = r.below(256)
    elif kind == 11:
        for _ in range(1 + r.below(2)):
            at = min(start + 8 + r.below(max(1, end - start - 12)), len(b) - 1)
            b[at] = r.below(256)
        if b[:4] == b"\x89PNG" and end - start >= 12:
            b[end - 4:end] = struct.pack(">I", zlib.crc32(bytes(b[start + 4:end - 4])))
    else:
        b += bytes([r.below(256) for _ in range(1 + r.below(64))])
    return bytes(b)


# --- drawn pictures of kinds that the other fixtures don't have

h, w = 13, 21
y, x = np.mgrid[0:h, 0:w]
rgb = np.stack([(x * 11) % 256, (y * 17) % 256, ((x + y) * 7) % 256], -1).astype(np.uint8)
rgb[3:9, 5:12] = (220, 40, 60)
grey = ((x * 9 + y * 5) % 256).astype(np.uint8)
drawn = {}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def filtered(rows, bpp):
    """Rows with filters 0 to 4 in turn."""
    out, above = b"", bytes(len(rows[0])) if rows else b""
    for i, row in enumerate(rows):
        f = i % 5
        line = bytearray([f])
        for j, v in enumerate(row):
            a = row[j - bpp] if j >= bpp else 0
            c = above[j - bpp] if j >= bpp else 0
            b = above[j]
            p = a + b - c
            near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line.append((v - (0, a, b, (a + b) // 2, near)[f]) & 255)
        out += bytes(line)
        above = row
    return out


def packed(values, bits):
    """Rows of bytes of an array [height, width] of values below 2 ** bits, or [height, width, channels]."""
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in values]
    if bits == 8:
        return [row.astype(np.uint8).tobytes() for row in values]
    expanded = ((values[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1).reshape(len(values), -1)
    return [np.packbits(row).tobytes() for row in expanded.astype(np.uint8)]


def png(name, bits, color, values, before=b"", interlaced=False, after=b"", split=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    bpp = max(1, channels * bits // 8)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for left, top, across, down in passes:
        part = values[top::down, left::across]
        if part.size:
            raw += filtered(packed(part, bits), bpp)
    data = zlib.compress(raw)
    pieces = [data[i:i + split] for i in range(0, len(data), split)] if split else [data]
    header = struct.pack(">IIBBBBB", w, h, bits, color, 0, 0, int(interlaced))
    drawn[name] = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + b"".join(chunk(b"IDAT", p) for p in pieces) + after + chunk(b"IEND", b"")


def palette(colors):
    return chunk(b"PLTE", bytes((i * 37 + 11) % 256 for i in range(3 * colors)))


for interlaced in (False, True):
    how = " interlaced" if interlaced else ""
    for bits in (1, 2, 4, 8, 16):
        value = 0 if bits == 1 else 3 if bits == 2 else 9
        key = chunk(b"tRNS", struct.pack(">H", value))
        png(f"png grey {bits} bit, one transparent{how}", bits, 0, grey.astype(np.uint16) * 3 if bits == 16 else grey >> (8 - bits), key, interlaced)
    for bits in (1, 2, 4, 8):
        png(f"png palette {bits} bit{how}", bits, 3, grey >> (8 - bits), palette(2 ** bits), interlaced)
    png(f"png palette of 5, alphas{how}", 4, 3, grey >> 4, palette(5) + chunk(b"tRNS", b"\x10\x80\xff"), interlaced)
    png(f"png rgb, one transparent{how}", 8, 2, rgb, chunk(b"tRNS", struct.pack(">3H", 220, 40, 60)), interlaced)
    png(f"png rgb 16 bit, one transparent{how}", 16, 2, rgb.astype(np.uint16) * 257, chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)), interlaced)
    png(f"png grey alpha{how}", 8, 4, np.dstack([grey, 255 - grey]), b"", interlaced)
    png(f"png grey alpha 16 bit{how}", 16, 4, np.dstack([grey, 255 - grey]).astype(np.uint16) * 201, b"", interlaced)
    png(f"png rgba 16 bit{how}", 16, 6, np.dstack([rgb, grey]).astype(np.uint16) * 201, b"", interlaced)
text = chunk(b"tEXt", b"Title\0drawn") + chunk(b"zTXt", b"Note\0\0" + zlib.compress(b"drawn " * 9)) + chunk(b"iTXt", b"Lang\0\1\0en\0Key\0" + zlib.compress(b"text"))
info = chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"sRGB", b"\0") + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)) + chunk(b"iCCP", b"p\0\0" + zlib.compress(b"profile"))
png("png with texts", 8, 2, rgb, info + text, after=text)
png("png in pieces", 8, 2, rgb, split=40)
frame = lambda n, fw, fh, fx, fy: chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, fw, fh, fx, fy, 1, 10, 0, 0))
second = chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(filtered(packed(rgb[:5, :6], 8), 3)))
animation = chunk(b"acTL", struct.pack(">II", 2, 0))
png("png animated", 8, 2, rgb, animation + frame(0, w, h, 0, 0), after=frame(1, 6, 5, 2, 3) + second)
png("png animated, its picture no frame", 8, 2, rgb, animation, after=frame(0, 6, 5, 2, 3) + chunk(b"fdAT", struct.pack(">I", 1) + second[12:-4]))


def bmp(name, bits, rows, header=40, compression=0, colors=b"", masks=b"", height=h, width=w, used=0, gap=b""):
    size = 14 + header + len(masks if header == 40 else b"") + len(colors)
    data = b"".join(row + bytes(-len(row) % 4) for row in rows) if not isinstance(rows, bytes) else rows
    if header == 12:
        dib = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        dib = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, used, 0)
        dib += masks if header == 40 else masks + bytes(header - 40 - len(masks))
    drawn[name] = b"BM" + struct.pack("<IHHI", size + len(gap) + len(data), 0, 0, size + len(gap)) + dib + colors + gap + data


def colors(n, size=4):
    return b"".join(bytes([(i * 37 + 5) % 256, (i * 91) % 256, (i * 53 + 9) % 256, 0])[:size] for i in range(n))


bgr = rgb[::-1, :, ::-1]
flip = grey[::-1]
for bits in (1, 4, 8):
    rows = packed(flip >> (8 - bits), bits)
    bmp(f"bmp {bits} bit", bits, rows, colors=colors(2 ** bits))
    bmp(f"bmp {bits} bit, header of 12", bits, rows, header=12, colors=colors(2 ** bits, 3))
    bmp(f"bmp {bits} bit, short palette", bits, rows, colors=colors(2 ** bits // 2), used=2 ** bits // 2)
bmp("bmp 8 bit greys", 8, packed(flip, 8), colors=b"".join(bytes([i, i, i, 0]) for i in range(256)))
bmp("bmp 1 bit black and white", 1, packed(flip >> 7, 1), colors=b"\0\0\0\0\xff\xff\xff\0")
five = ((bgr[:, :, 2].astype(np.uint16) >> 3) << 10) | ((bgr[:, :, 1].astype(np.uint16) >> 3) << 5) | (bgr[:, :, 0] >> 3)
six = ((bgr[:, :, 2].astype(np.uint16) >> 3) << 11) | ((bgr[:, :, 1].astype(np.uint16) >> 2) << 5) | (bgr[:, :, 0] >> 3)
bmp("bmp 16 bit", 16, [row.astype("<u2").tobytes() for row in five])
bmp("bmp 16 bit 5-6-5", 16, [row.astype("<u2").tobytes() for row in six], compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
bmp("bmp 16 bit 5-5-5 masks", 16, [row.astype("<u2").tobytes() for row in five], header=56, compression=3, masks=struct.pack("<IIII", 0x7C00, 0x3E0, 0x1F, 0))
for size in (12, 40, 52, 56, 64, 108, 124):
    bmp(f"bmp 24 bit, header of {size}", 24, [row.tobytes() for row in bgr], header=size)
bmp("bmp 24 bit top down", 24, [row.tobytes() for row in bgr[::-1]], height=-h)
four = np.dstack([bgr, flip])
bmp("bmp 32 bit", 32, [row.tobytes() for row in four])
for name, masks in {
    "bgrx": (0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (0xFF000000, 0xFF0000, 0xFF00, 0), "bgxr": (0xFF000000, 0xFF00, 0xFF, 0),
    "abgr": (0xFF000000, 0xFF0000, 0xFF00, 0xFF), "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
    "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000), "bgar": (0xFF000000, 0xFF00, 0xFF, 0xFF0000), "none": (0, 0, 0, 0),
}.items():
    bmp(f"bmp 32 bit {name}", 32, [row.tobytes() for row in four], header=124, compression=3, masks=struct.pack("<4I", *masks))


def run_lengths(rows, bits, ends):
    out = b""
    for i, row in enumerate(rows):
        if i % 3 == 2:  # as they are
            body = bytes(row) if bits == 8 else bytes((int(a) << 4) | int(b) for a, b in zip(row[::2], list(row[1::2]) + [0]))
            out += bytes([0, len(row)]) + body + bytes(len(body) % 2)
        else:
            at = 0
            while at < len(row):
                n = 1
                while at + n < len(row) and row[at + n] == row[at]:
                    n += 1
                out += bytes([n, row[at] if bits == 8 else int(row[at]) * 17])
                at += n
        if ends:
            out += b"\0\0"
    return out + b"\0\1"


coarse = np.repeat(flip[:, ::3], 3, axis=1)[:, :w]
bmp("bmp rle8", 8, run_lengths(coarse, 8, True), compression=1, colors=colors(256))
bmp("bmp rle8 without ends of lines", 8, run_lengths(coarse, 8, False), compression=1, colors=colors(256))
bmp("bmp rle8 top down", 8, run_lengths(coarse, 8, True), compression=1, colors=colors(256), height=-h)
bmp("bmp rle8 with steps", 8, b"\5\7\0\2\4\0" + run_lengths(coarse, 8, True), compression=1, colors=colors(256))
bmp("bmp rle4", 4, run_lengths(coarse >> 4, 4, True), compression=2, colors=colors(16))


def save(name, image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    drawn[name] = out.getvalue()


photo = Image.fromarray(rgb)
few = photo.quantize(20)
save("gif", few, format="GIF")
save("gif interlaced, one transparent", few, format="GIF", interlace=1, transparency=3)
save("gif animated", few, format="GIF", save_all=True, append_images=[photo.rotate(90).quantize(9)], duration=50)
for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    save(f"tiff rgb {name}", photo, format="TIFF", compression=name)
    save(f"tiff palette {name}", few, format="TIFF", compression=name)
save("tiff grey", Image.fromarray(grey), format="TIFF")
save("tiff 1 bit", Image.fromarray(grey).convert("1"), format="TIFF")
save("ppm", photo, format="PPM")
save("pgm", Image.fromarray(grey), format="PPM")
save("pbm", Image.fromarray(grey).convert("1"), format="PPM")
drawn["ppm in figures"] = b"P3\n# drawn\n6 4\n255\n" + b" ".join(b"%d" % v for v in rgb[:4, :6].ravel()) + b"\n"


# --- the answers

def answer(file, mode="RGB"):
    try:
        image = Image.open(io.BytesIO(file)).convert(mode)
        return f"{image.width}x{image.height} {hashlib.sha256(image.tobytes()).hexdigest()[:16]}"
    except Exception:
        return ""


pictures = dict(drawn)
with open(os.path.join(fixtures, "images.json")) as f:
    pictures |= {name: base64.b64decode(image["file"]) for name, image in json.load(f)["images"].items()}
for name in sorted(os.listdir(os.path.join(fixtures, "cases"))):
    if not name.endswith(".json"):
        with open(os.path.join(fixtures, "cases", name), "rb") as f:
            pictures[name] = f.read()
names = list(pictures)

if len(sys.argv) > 1:
    first, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    os.makedirs(folder, exist_ok=True)
    answers = {}
    for seed in range(first, first + count):
        file = mutate(pictures[names[seed % len(names)]], seed)
        with open(os.path.join(folder, str(seed)), "wb") as f:
            f.write(file)
        answers[seed] = [names[seed % len(names)], answer(file)]
    with open(os.path.join(folder, "answers.json"), "w") as f:
        json.dump(answers, f)
else:
    json.dump({
        "pillow": PIL.__version__,
        "drawn": {name: base64.b64encode(file).decode() for name, file in drawn.items()},
        "whole": {name: [answer(file, mode) for mode in ("RGB", "RGBA", "L")] for name, file in pictures.items()},
        "damaged": [answer(mutate(pictures[names[seed % len(names)]], seed)) for seed in range(CASES)],
    }, sys.stdout, indent=0)
