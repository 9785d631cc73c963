"""The 1,797 UCI handwritten digits bundled with scikit-learn (``training.datasets.digits``)."""

from serving.contract import RECIPE_INK
from training.datasets.entry import DIGIT_LABELS, Entry

ENTRY = Entry(
    labels=DIGIT_LABELS,
    recipe=RECIPE_INK,
    min_accuracy=0.95,
    other="fashion_mnist",
    fingerprint=(
        "44286e09d6226ecc0f692a1a596215ed6a517ef62fb962d88fc66a4c48994646",
        "acbefbca6d53ab43549e1259fb7da0acec99daccc57fe19a0de7f6f5534b1b20",
    ),
)
