"""How many odd pictures are read right, by kind: sheets on desks, boxes, colours, damaged files, two digits."""
