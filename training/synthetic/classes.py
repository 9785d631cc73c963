"""Fashion-MNIST's classes by name, as what is drawn depends on them."""

T_SHIRT, TROUSER, PULLOVER, DRESS, COAT, SANDAL, SHIRT, SNEAKER, BAG, BOOT = range(10)
TOPS = frozenset({T_SHIRT, PULLOVER, DRESS, COAT, SHIRT})
FOOTWEAR = frozenset({SANDAL, SNEAKER, BOOT})
