"""Deep learning: a U-Net in PyTorch for masks, and what training and using it takes.

In the order of the lesson: `data` cuts patches from scenes and `augmentation` varies them; `unet`
is the network, `receptive_field` says how far it sees and `memory` what it costs; `losses` say
what is wrong, `train` mends it and `checkpoint` lets it be interrupted; `predict` covers images of
any size, and `storage` keeps the weights.

Importing this package imports none of the libraries that its modules use.
"""
