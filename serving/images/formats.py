"""The accepted picture formats, recognised by the first bytes of the file.

The name and the declared type of an upload cannot be trusted. Only the decoder for the recognised format is
tried, so Pillow's other plugins never see the file.
"""

from __future__ import annotations

from PIL import Image

from serving.errors import UnreadableImage, UnsupportedImage
from serving.images.bounded_reader import BoundedReader
from serving.images.tiff import silence_libtiff

ACCEPTED = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF", "HEIC", "AVIF")

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
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_LONGEST_FTYP = 256


def sniff(data: bytes) -> str:
    """Return the format of a file: one of Pillow's names, or ``HEIF``.

    Raises:
        UnreadableImage: if the file is empty.
        UnsupportedImage: if the format is not accepted.
    """
    if not data:
        raise UnreadableImage("The file is empty: send the bytes of a picture.")
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        brands = _brands(data)
        if brands & _AVIF_BRANDS:
            return "AVIF"
        if data[8:12] in _HEIF_BRANDS:
            return "HEIF"
    names = f"{', '.join(ACCEPTED[:-1])} or {ACCEPTED[-1]}"
    raise UnsupportedImage(f"The file is not a picture of an accepted type: send {names}.")


def _brands(data: bytes) -> frozenset[bytes]:
    """Return the major and compatible brands of a file in the ISO base media file format (ISO 14496-12)."""
    end = min(int.from_bytes(data[:4], "big"), _LONGEST_FTYP, len(data))
    return frozenset({data[8:12], *(data[at : at + 4] for at in range(16, end, 4))})


def open_image(data: bytes, name: str) -> Image.Image:
    """Read the header of a picture, without decoding its pixels.

    The HEIF library is loaded by the first HEIF file, and never registered with Pillow.

    Args:
        data: the whole file.
        name: its format, as ``sniff`` returns it.

    Raises:
        Exception: any error that Pillow raises for a damaged file; ``ReadTooOften`` for a hostile one.
    """
    if name == "TIFF":
        silence_libtiff()
    if name == "HEIF":
        from pillow_heif import HeifImageFile

        heif: Image.Image = HeifImageFile(BoundedReader(data))
        return heif
    if name == "AVIF":
        _load_avif()
    return Image.open(BoundedReader(data), formats=(name,))


def _load_avif() -> None:
    """Load only Pillow's AVIF plugin, not all of them, and limit it to one thread."""
    from PIL import AvifImagePlugin

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
