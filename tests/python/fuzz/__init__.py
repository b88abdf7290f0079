"""Wrong calls: what must be refused the way PyTorch refuses it."""
