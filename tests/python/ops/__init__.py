"""Generic tests of every operator in the op list against PyTorch; README.md says how they fit together."""
