"""Synthetic uploads: pictures of a data set, and of things it does not know, as people would send them.

A garment is coloured, laid on a floor or worn; a digit is written on paper; a stranger is drawn. Each is then
prepared by ``serving.images``, so that training sees the mistakes of the real preparation and doubt is fitted
on what comes out of it. Rendering is NumPy and Pillow on small canvases: a few milliseconds a picture.
"""

from training.synthetic.uploads import Made, Uploads, beside, uploads

__all__ = ["Made", "Uploads", "beside", "uploads"]
