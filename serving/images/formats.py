"""Which picture formats are taken, told from the first bytes of the file.

The name and the declared type of an upload say nothing that can be trusted. Only the one decoder that
the bytes ask for is tried, so that none of Pillow's other plugins ever sees them.
"""

from __future__ import annotations

from PIL import Image

from serving.errors import UnreadableImage, UnsupportedImage
from serving.images.jpeg import check_work
from serving.images.rationed import RationedBytes
from serving.images.tiff import silence_libtiff

ACCEPTED = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF", "HEIC")

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def sniff(data: bytes) -> str:
    """Name the format of a file: one of Pillow's names, or ``HEIF``.

    Raises:
        UnreadableImage: for no bytes at all.
        UnsupportedImage: for anything that is not on the list.
    """
    if not data:
        raise UnreadableImage("The file is empty: send the bytes of a picture.")
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    names = f"{', '.join(ACCEPTED[:-1])} or {ACCEPTED[-1]}"
    raise UnsupportedImage(f"The file is not a picture of an accepted type: send {names}.")


def open_image(data: bytes, name: str) -> Image.Image:
    """Read the header of a picture; its pixels stay undecoded until they are asked for.

    The HEIF library is loaded by the first file that needs it and never registered with Pillow.

    Raises:
        Exception: whatever Pillow raises on a damaged file; TooMuchWork, ReadTooOften for a hostile one.
    """
    if name == "JPEG":
        check_work(data)
    if name == "TIFF":
        silence_libtiff()
    if name == "HEIF":
        from pillow_heif import HeifImageFile

        heif: Image.Image = HeifImageFile(RationedBytes(data))
        return heif
    return Image.open(RationedBytes(data), formats=(name,))
