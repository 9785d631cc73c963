"""What the world sends that no client would: hostile uploads, hostile protocol, hostile callers.

    python -m tests.hostile --help        the long run, over 200,000 inputs (make fuzz)

``corpus`` puts together what its siblings make by subject: ``pictures`` (sound files to start from),
``bombs``, ``work``, ``metadata``, ``shapes``, ``polyglots`` are files; ``forms``, ``documents`` and
``tensors`` are request bodies; ``damage`` spoils any bytes.
"""
