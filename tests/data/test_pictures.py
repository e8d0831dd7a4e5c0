from __future__ import annotations

import contextlib
import random
import struct
import subprocess
import sys
import time
import warnings
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cifar_core.data import load_picture, read_picture
from cifar_core.errors import DataError

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 32, height: int = 32) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> Image.Image:
    picture = Image.new("RGB", (64, 64), left)
    picture.paste(right, (32, 0, 64, 64))
    return picture


def png_header(width: int, height: int) -> bytes:
    """A PNG of some size with almost no pixels in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(100))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def refusal(source: Path | bytes, name: str = "cat.png") -> str:
    with pytest.raises(DataError) as refused:
        read_picture(source, name)
    sentence = str(refused.value)
    assert sentence.startswith(str(source) if isinstance(source, Path) else name)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def mean_color(source: Path | bytes) -> list[int]:
    pixels = read_picture(source)
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    return [round(float(level)) for level in pixels.reshape(-1, 3).mean(axis=0)]


def test_a_32_pixel_png_comes_back_exactly() -> None:
    assert np.array_equal(read_picture(encoded(noise())), np.asarray(noise()))


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95})])
def test_lossy_kinds_come_back_nearly(kind: str, options: dict[str, int]) -> None:
    pixels = read_picture(encoded(halves(RED, BLUE), kind, **options))
    expected = read_picture(encoded(halves(RED, BLUE)))
    assert np.abs(pixels.astype(int) - expected).mean() < 6


def test_lossless_webp_comes_back_exactly() -> None:
    assert np.array_equal(read_picture(encoded(noise(), "WEBP", lossless=True)), np.asarray(noise()))


def test_a_file_reads_as_its_bytes_do(tmp_path: Path) -> None:
    file = tmp_path / "picture.without-suffix"
    file.write_bytes(encoded(noise(70, 50)))
    assert np.array_equal(read_picture(file), read_picture(file.read_bytes()))


def test_the_result_may_be_written_to() -> None:
    assert read_picture(encoded(noise())).flags.writeable


def test_transparent_pixels_are_shown_on_white() -> None:
    assert mean_color(encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)))) == [255, 255, 255]
    assert mean_color(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 51)), "WEBP", lossless=True)) == [255, 204, 204]
    assert mean_color(encoded(Image.new("LA", (40, 40), (0, 0)))) == [255, 255, 255]


def test_transparent_colors_of_a_palette_are_shown_on_white() -> None:
    picture = Image.new("P", (40, 40), 1)
    picture.putpalette([0, 0, 0, 200, 10, 30])
    assert mean_color(encoded(picture)) == [200, 10, 30]
    assert mean_color(encoded(picture, transparency=1)) == [255, 255, 255]


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [("L", 77, [77, 77, 77]), ("1", 1, [255, 255, 255]), ("I;16", 0x4D00, [77, 77, 77]), ("I;16", 65535, [255] * 3)],
)
def test_grey_pictures_become_grey_rgb(mode: str, color: int, expected: list[int]) -> None:
    assert mean_color(encoded(Image.new(mode, (40, 40), color))) == expected


def test_cmyk_jpeg_is_read_in_its_colors() -> None:
    red = mean_color(encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG"))
    assert red[0] > 200
    assert max(red[1:]) < 60


# Where the red left half of the stored picture lies once it is shown upright.
UPRIGHT = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_camera_orientation_is_followed(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    red = read_picture(encoded(halves(RED, BLUE), kind, exif=exif))[..., 0].astype(float)
    sides = {"left": red[:, :12], "right": red[:, 20:], "top": red[:12], "bottom": red[20:]}
    assert max(sides, key=lambda side: sides[side].mean()) == UPRIGHT[orientation]


@pytest.mark.parametrize("size", [(96, 32), (32, 96)])
def test_the_central_square_of_an_oblong_picture_is_kept(size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, RED)
    left, top = (size[0] - 32) // 2, (size[1] - 32) // 2
    picture.paste(GREEN, (left, top, left + 32, top + 32))
    assert np.array_equal(np.unique(read_picture(encoded(picture)).reshape(-1, 3), axis=0), [GREEN])


@pytest.mark.parametrize("size", [(8, 8), (8, 500), (500, 8), (9, 11)])
def test_small_and_narrow_pictures_are_enlarged(size: tuple[int, int]) -> None:
    assert mean_color(encoded(Image.new("RGB", size, BLUE))) == [0, 0, 255]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 7), (7, 7)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_on_which_nothing_can_be_seen_are_refused(kind: str, size: tuple[int, int]) -> None:
    told = f"cat.png is too small ({size[0]} x {size[1]} pixels): at least 8 pixels a side."
    assert refusal(encoded(Image.new("RGB", size, BLUE), kind)) == told


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_first_frame_of_an_animated_picture_is_read(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in (GREEN, RED, BLUE)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    assert mean_color(content) == [0, 255, 0]
    assert load_picture(content).frames == 3
    assert not load_picture(content).is_cmyk


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_a_still_picture_has_one_frame(kind: str) -> None:
    assert load_picture(encoded(noise(), kind)).frames == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"a", b"hello, this is text", b"\x89PNG\r\n\x1a\n", encoded(noise(), "GIF"), encoded(noise(), "BMP")],
    ids=["empty", "one byte", "text", "bare signature", "GIF", "BMP"],
)
def test_what_is_no_png_jpeg_or_webp_is_refused(content: bytes) -> None:
    assert refusal(content) == "cat.png is not a picture that can be read: use a PNG, JPEG or WebP file."


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_truncated_pictures_are_refused(kind: str) -> None:
    content = encoded(noise(100, 100), kind)
    assert "cat.png" in refusal(content[: len(content) // 2])


def test_damaged_pixels_are_refused() -> None:
    content = bytearray(encoded(noise(100, 100)))
    content[2000:2100] = bytes(100)
    assert refusal(bytes(content)) == "cat.png cannot be read: it is damaged."


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_random_damage_never_gives_anything_but_a_sentence() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x011A] = 6, "a description", 1.5
    contents = [encoded(noise(24, 20), kind, exif=exif) for kind in ("PNG", "JPEG", "WEBP")]
    source = random.Random(0)
    for _ in range(1_500):
        content = bytearray(source.choice(contents))
        for _ in range(source.choice([1, 2, 8])):
            content[source.randrange(min(len(content), 300))] = source.randrange(256)
        with contextlib.suppress(DataError):
            assert read_picture(bytes(content)).shape == (32, 32, 3)


def test_an_exif_block_that_pillow_stumbles_over_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(picture: Image.Image, in_place: bool) -> None:
        raise struct.error("required argument is not an integer")

    monkeypatch.setattr("PIL.ImageOps.exif_transpose", stumble)
    assert refusal(encoded(noise())) == "cat.png cannot be read: it is damaged."


@pytest.mark.parametrize(
    ("size", "quoted"),
    [((30_000, 30_000), ""), ((10_001, 9), "10,001 x 9 pixels"), ((8_000, 8_000), "8,000 x 8,000 pixels")],
)
def test_huge_pictures_are_refused_before_they_are_decoded(size: tuple[int, int], quoted: str) -> None:
    content = png_header(*size)
    started = time.perf_counter()
    sentence = refusal(content)
    assert time.perf_counter() - started < 2
    assert "is too large" in sentence
    assert quoted in sentence
    assert "at most 10,000 pixels a side and 40 million in all" in sentence


def test_a_picture_of_the_largest_side_is_read() -> None:
    assert mean_color(encoded(Image.new("L", (10_000, 8), 9))) == [9, 9, 9]


def peak_megabytes(content: bytes) -> int:
    """What a process of its own takes at the most, above what it takes for a tiny picture."""
    script = (
        "import sys, resource\nfrom cifar_core.data import load_picture\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000\n"
        "content, small = sys.stdin.buffer.read(), bytes.fromhex(sys.argv[1])\n"
        "load_picture(small); before = peak(); load_picture(content); print(peak() - before)"
    )
    small = encoded(noise(), "JPEG").hex()
    done = subprocess.run([sys.executable, "-c", script, small], input=content, capture_output=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="others count the peak in other units")
def test_a_large_photo_takes_little_memory() -> None:
    assert peak_megabytes(encoded(Image.new("RGB", (8_000, 5_000), RED), "JPEG")) < 60


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("JPEG", "L"), ("WEBP", "RGB")]
)
def test_a_large_picture_is_seen_as_if_it_were_scaled_in_one_step(kind: str, mode: str) -> None:
    smooth = noise(12, 9).resize((2_600, 1_950), Image.Resampling.BICUBIC)
    content = encoded(smooth.convert(mode), kind, quality=95)
    decoded = Image.open(BytesIO(content)).convert("RGB").crop((325, 0, 2_275, 1_950))
    expected = np.asarray(decoded.resize((32, 32), Image.Resampling.LANCZOS)).astype(int)
    picture = load_picture(content)
    assert np.abs(picture.seen - expected).max() <= 3
    assert (picture.width, picture.height, picture.given.shape) == (2_600, 1_950, (480, 640, 3))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_large_photo_is_shown_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = halves(RED, BLUE).resize((3_001, 2_000))
    picture = load_picture(encoded(photo, "JPEG", exif=exif))
    assert (picture.width, picture.height) == ((3_001, 2_000) if orientation < 5 else (2_000, 3_001))
    assert picture.given.shape[0 if orientation < 5 else 1] < 640
    red = picture.given[..., 0].astype(float)
    sides = {"left": red[:, :100], "right": red[:, -100:], "top": red[:100], "bottom": red[-100:]}
    assert max(sides, key=lambda side: sides[side].mean()) == UPRIGHT[orientation]


def test_reading_leaves_the_filters_of_warnings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """They belong to all threads: of two uploads at once, the later one would put back those of the other."""
    monkeypatch.setattr(warnings, "catch_warnings", None)
    before = list(warnings.filters)
    assert read_picture(encoded(noise())).shape == (32, 32, 3)
    assert list(warnings.filters) == before


def test_missing_file_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.png").endswith("cannot be read: No such file or directory.")


def test_folder_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path).endswith("cannot be read: Is a directory.")


@pytest.mark.parametrize(
    ("size", "given"), [((300, 200), (300, 200)), ((1_280, 640), (640, 320)), ((10, 5_000), (1, 640)), ((9, 8), (9, 8))]
)
def test_the_picture_as_given_is_kept_within_bounds(size: tuple[int, int], given: tuple[int, int]) -> None:
    picture = load_picture(encoded(Image.new("RGB", size, GREEN)))
    assert (picture.width, picture.height) == size
    assert picture.given.shape == (given[1], given[0], 3)
    assert np.array_equal(np.unique(picture.given.reshape(-1, 3), axis=0), [GREEN])


def test_what_the_network_sees_is_what_reading_gives() -> None:
    content = encoded(halves(RED, BLUE).resize((1_500, 700)))
    assert np.array_equal(load_picture(content).seen, read_picture(content))


def test_the_picture_as_given_is_upright_and_opaque() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    picture = load_picture(encoded(Image.new("RGBA", (40, 20), (0, 0, 0, 0)), exif=exif))
    assert (picture.width, picture.height) == (20, 40)
    assert picture.given.shape == (40, 20, 3)
    assert (picture.given == 255).all()


def test_further_pictures_of_the_same_moment_are_no_film() -> None:
    assert load_picture(encoded(noise(), "MPO", save_all=True, append_images=[noise()])).frames == 1
