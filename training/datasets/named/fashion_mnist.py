"""Fashion-MNIST: H. Xiao, K. Rasul and R. Vollgraf, 2017, arXiv:1708.07747."""

from serving.contract import RECIPE_GARMENT
from training.datasets.entry import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Entry

ENTRY = Entry(
    labels=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    recipe=RECIPE_GARMENT,
    min_accuracy=0.90,
    other="mnist",
    fingerprint=(
        "0c3a2f6b4379fecaed9924f8ba83e878c49df2170e4208ceec2a4647dfdb162a",
        "a85b429cf35b8d423f05ab711ea3e97bd96f60d83be87fc9f71d0d86f8c2f6c6",
    ),
    sha256={
        TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    keras_folder="fashion-mnist",
)  # fmt: skip
