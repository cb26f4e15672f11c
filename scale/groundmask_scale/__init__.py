"""Groundmask's runs and models in PyTorch: the same network, loss and files, trained by `torchrun`."""
