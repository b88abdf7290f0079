"""The functions of `tiny_torch.nn.functional`, one file per family."""
