"""The network of the server: all that is torch in it."""

import torch

SIDE = 28


def load(path):
    """A function from a list of images, 784 bytes each, to the answers.

    path: a file of torch.export.save
    """
    model = torch.export.load(path).module()

    @torch.inference_mode()
    def predict(images):
        pixels = torch.frombuffer(bytearray().join(images), dtype=torch.uint8)
        probabilities = model(pixels.view(-1, SIDE, SIDE))
        values, digits = probabilities.max(dim=1)
        return list(zip(digits.tolist(), values.tolist(), strict=True))

    predict([bytes(SIDE * SIDE)])  # the first call is slow; no client waits
    return predict
