"""Pictures that public reports name as going wrong, drawn in many sizes, angles and tones."""
