"""How many odd pictures are read right, by kind: sheets, boxes, colours, damaged files, two digits."""
