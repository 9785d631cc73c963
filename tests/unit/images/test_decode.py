"""Decoding: every accepted format and mode, and the messages of the refusals."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from serving.errors import InputError, TooLarge, UnreadableImage, UnsupportedImage
from serving.images import Limits, decode
from serving.images.picture import Detail

LIMITS = Limits()
Pixels = NDArray[np.uint8]
Encode = Callable[..., bytes]


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(name: str, page: Pixels, encode: Encode) -> None:
    assert np.array_equal(decode(encode(page, name), LIMITS).grey, page)


@pytest.mark.parametrize("name", ["JPEG", "WEBP"])
def test_lossy_formats_keep_the_picture(name: str, page: Pixels, encode: Encode) -> None:
    grey = decode(encode(page, name, quality=90), LIMITS).grey
    assert np.abs(grey.astype(int) - page).mean() < 2


def test_heic_is_read(page: Pixels) -> None:
    from pillow_heif import from_pillow

    out = BytesIO()
    from_pillow(Image.fromarray(page).convert("RGB")).save(out, quality=90)
    grey = decode(out.getvalue(), LIMITS).grey
    assert np.abs(grey.astype(int) - page).mean() < 3


def test_the_heic_library_is_loaded_only_for_heic() -> None:
    code = "import sys, serving.images; sys.exit('pillow_heif' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F"])
def test_every_mode_ends_as_the_same_grey(mode: str, page: Pixels, encode: Encode) -> None:
    binary = np.where(page > 127, np.uint8(255), np.uint8(0))
    image = Image.fromarray(binary)
    image = image.convert("RGB").convert(mode) if mode in ("LAB", "YCbCr", "PA") else image.convert(mode)
    name = "TIFF" if mode in ("CMYK", "YCbCr", "LAB", "I", "F") else "PNG"
    if mode == "PA":
        image, name = image.convert("RGBA"), "TIFF"
    assert np.abs(decode(encode(image, name), LIMITS).grey.astype(int) - binary).max() <= 3


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_to_eight(name: str, page: Pixels, encode: Encode) -> None:
    deep = Image.fromarray(page.astype(np.uint16) * 257)
    assert np.array_equal(decode(encode(deep, name), LIMITS).grey, page)


def test_floats_between_zero_and_one_are_scaled(page: Pixels, encode: Encode) -> None:
    unit = Image.fromarray(page.astype(np.float32) / 255)
    assert np.array_equal(decode(encode(unit, "TIFF"), LIMITS).grey, page)


def test_floats_that_are_no_numbers_do_no_harm(encode: Encode) -> None:
    wild = Image.fromarray(np.array([[np.nan, np.inf], [-np.inf, 1e38]], dtype=np.float32))
    assert decode(encode(wild, "TIFF"), LIMITS).grey.shape == (2, 2)


def test_transparency_shows_white_and_is_kept(encode: Encode) -> None:
    rgba = np.zeros((20, 20, 4), dtype=np.uint8)
    rgba[5:10, :, 3] = 255
    picture = decode(encode(rgba), LIMITS)
    assert (picture.grey[0] == 255).all()
    assert (picture.grey[7] == 0).all()
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, rgba[..., 3])
    assert "composited" in picture.steps


def test_a_transparent_palette_colour_shows_white(encode: Encode) -> None:
    image = Image.new("P", (10, 10), 0)
    image.putpalette([0, 0, 0, 200, 30, 30])
    image.paste(1, (0, 0, 10, 5))
    picture = decode(encode(image, transparency=0), LIMITS)
    assert (picture.grey[7] == 255).all()
    assert picture.alpha is not None


def test_opaque_alpha_is_dropped(page: Pixels, encode: Encode) -> None:
    picture = decode(encode(Image.fromarray(page).convert("RGBA")), LIMITS)
    assert picture.alpha is None
    assert picture.rgb is None


def test_colour_is_kept_beside_grey(encode: Encode) -> None:
    picture = decode(encode(Image.new("RGB", (30, 20), (200, 30, 30))), LIMITS)
    assert picture.rgb is not None
    assert picture.rgb.shape == (20, 30, 3)


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_counts(name: str, encode: Encode) -> None:
    frames = [Image.new("L", (12, 12), tone) for tone in (40, 200)]
    animation = encode(frames[0], name, save_all=True, append_images=frames[1:], duration=50)
    assert abs(int(decode(animation, LIMITS).grey.mean()) - 40) < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_orientation_is_turned_upright(name: str, orientation: int, encode: Encode) -> None:
    upright = Image.new("L", (60, 90), 255)
    upright.paste(0, (0, 0, 20, 30))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    turned = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    grey = decode(encode(turned, name, exif=exif), LIMITS).grey
    assert grey.shape == (90, 60)
    assert grey[5:25, 5:15].mean() < 20
    assert grey[60:, 40:].mean() > 235


def test_a_large_photograph_is_worked_on_small(encode: Encode) -> None:
    picture = decode(encode(Image.new("RGB", (4032, 3024), (180, 170, 160)), "JPEG"), LIMITS)
    assert picture.grey.size <= Detail().pixels * 1.01
    assert abs(picture.grey.shape[1] / picture.grey.shape[0] - 4 / 3) < 0.01
    assert "reduced" in picture.steps


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_large_pictures_of_every_mode_are_reduced(mode: str, encode: Encode) -> None:
    image = Image.new(mode, (1200, 900))
    assert decode(encode(image), LIMITS).grey.size <= Detail().pixels * 1.01


def test_reducing_does_not_bleed_hidden_colours_into_ink(encode: Encode) -> None:
    rgba = np.zeros((1000, 1000, 4), dtype=np.uint8)
    rgba[..., :3] = 255
    rgba[:, ::2] = (0, 0, 0, 255)
    assert abs(float(decode(encode(rgba), LIMITS).grey.mean()) - 127.5) < 2


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge, match="allowed"):
        decode(b"\x89PNG\r\n\x1a\n" + bytes(100), Limits(max_bytes=50))


def test_too_many_pixels_are_refused_from_the_header_alone() -> None:
    with pytest.raises(TooLarge, match="pixels"):
        decode(_png_header(6_000, 5_000), LIMITS)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [12_000, 2**31 - 1])
def test_a_decompression_bomb_is_too_large(side: int) -> None:
    with pytest.raises(TooLarge):
        decode(_png_header(side, side), LIMITS)


@pytest.mark.parametrize(
    "data",
    [
        b"plain text",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x00" * 64,
        b"PK\x03\x04zip",
    ],
)
def test_other_files_are_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedImage, match="PNG, JPEG"):
        decode(data, LIMITS)


def test_an_empty_file_is_unreadable() -> None:
    with pytest.raises(UnreadableImage, match="empty"):
        decode(b"", LIMITS)


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_file_cut_off_is_unreadable(name: str, share: float, page: Pixels, encode: Encode) -> None:
    noisy = (page.astype(int) * 7 % 251).astype(np.uint8)
    whole = encode(Image.fromarray(noisy).convert("RGB"), name)
    with pytest.raises((UnreadableImage, UnsupportedImage)):
        decode(whole[: max(12, int(len(whole) * share))], LIMITS)


def test_nothing_of_a_damaged_file_is_told(encode: Encode, page: Pixels) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode(encode(page)[:200], LIMITS)
    assert "Traceback" not in caught.value.detail
    assert "damaged or truncated" in caught.value.detail


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]),
    places=st.lists(st.tuples(st.integers(8, 2_000), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_whatever_is_changed_in_a_file_only_input_errors_come_out(
    name: str, places: list[tuple[int, int]], encode: Encode
) -> None:
    data = bytearray(encode(Image.effect_mandelbrot((40, 30), (-2, -1, 1, 1), 40).convert("RGB"), name))
    for place, value in places:
        data[place % len(data)] = value
    try:
        picture = decode(bytes(data), LIMITS)
    except InputError:
        return
    assert picture.grey.dtype == np.uint8
    assert picture.grey.ndim == 2


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*"]),
    tail=st.binary(max_size=300),
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
def test_random_bytes_after_a_signature_are_refused(head: bytes, tail: bytes) -> None:
    with pytest.raises(InputError):
        decode(head + tail, LIMITS)


def _png_header(width: int, height: int) -> bytes:
    """A PNG of which only the header is there."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + b"\x00\x00\x00\x00IDAT"
    )


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_may_lack_its_end_marker_alone(
    mode: str, options: dict[str, int], page: Pixels, encode: Encode
) -> None:
    whole = encode(Image.fromarray(page).convert(mode), "JPEG", **options)
    assert np.array_equal(decode(whole[:-2], LIMITS).grey, decode(whole, LIMITS).grey)


@pytest.mark.parametrize("missing", [10, 40, 200])
def test_a_jpeg_that_lacks_a_little_of_its_scan_is_unreadable(missing: int, encode: Encode) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 90), dtype=np.uint8)
    with pytest.raises(UnreadableImage, match="truncated"):
        decode(encode(noise, "JPEG")[:-missing], LIMITS)


@pytest.mark.parametrize("brand", [b"avif", b"mif1"])
def test_avif_is_read_whatever_its_major_brand(brand: bytes, page: Pixels, encode: Encode) -> None:
    data = encode(Image.fromarray(page).convert("RGB"), "AVIF", quality=90)
    grey = decode(data[:8] + brand + data[12:], LIMITS).grey
    assert np.abs(grey.astype(int) - page).mean() < 3


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_an_animation_without_anything_on_it_is_its_first_frame(name: str, encode: Encode) -> None:
    frames = [Image.new("L", (30, 30), tone) for tone in (250, 251, 252)]
    animation = encode(frames[0], name, save_all=True, append_images=frames[1:], duration=50)
    picture = decode(animation, LIMITS)
    assert abs(int(picture.grey.mean()) - 250) < 3
    assert not any(step.startswith("frame") for step in picture.steps)


def test_an_alpha_channel_that_is_zero_throughout_means_nothing(page: Pixels, encode: Encode) -> None:
    for side in (page, np.kron(page, np.ones((3, 3), np.uint8))):
        picture = decode(encode(np.dstack([side] * 3 + [np.zeros_like(side)])), LIMITS)
        assert picture.alpha is None
        assert int(np.ptp(picture.grey)) > 200


def test_sixteen_bits_are_averaged_like_eight(encode: Encode) -> None:
    grey = np.full((1500, 1500), 255, np.uint8)
    grey[::3, 200:] = 0
    deep = decode(encode(Image.fromarray(grey.astype(np.uint16) * 257)), LIMITS).grey
    assert np.abs(deep.astype(int) - decode(encode(grey), LIMITS).grey).max() <= 1


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_colour_is_decoded_where_luminance_shows_nothing(name: str, encode: Encode) -> None:
    rgb = np.zeros((90, 120, 3), np.uint8)
    rgb[...] = (40, 120, 60)
    rgb[20:70, 50:60] = (200, 38, 60)
    without = decode(encode(rgb, name), LIMITS, detail=Detail(colour=False))
    assert without.rgb is not None


def test_a_photograph_is_decoded_in_grey_where_that_is_enough(page: Pixels, encode: Encode) -> None:
    colours = np.dstack([page, page // 2 + 60, page // 3])
    data = encode(colours, "JPEG", quality=90)
    grey = decode(data, LIMITS, detail=Detail(colour=False))
    assert grey.rgb is None
    assert np.abs(grey.grey.astype(int) - decode(data, LIMITS).grey).mean() < 2


def test_every_picture_of_a_recipe_is_decoded_at_its_size(page: Pixels, encode: Encode) -> None:
    assert max(decode(encode(page), LIMITS, detail=Detail(side=192)).grey.shape) == 192
