"""Synthetic uploads: pictures of a data set's classes, and of unknown things, drawn as users send them.

A garment is dyed, laid on a floor or worn; a digit is written on paper; a stranger is drawn. Each picture is
prepared by ``serving.images``, so training includes the mistakes of the real preparation, and doubt is fitted
on its output. NumPy and Pillow render on small canvases, in a few milliseconds per picture.
"""

from training.synthetic.uploads import Made, Uploads, beside, uploads

__all__ = ["Made", "Uploads", "beside", "uploads"]
