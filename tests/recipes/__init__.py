"""Every published recipe, replayed: pictures of every kind come out bit for bit as when it was published.

python -m tests.recipes                  add the digests of recipes that have none yet
python -m tests.recipes --replace ink@2  replace the digests of a recipe that is not released yet
"""
