"""From a trained model to a published version: export, proof in a fresh process, comparison, publication."""
