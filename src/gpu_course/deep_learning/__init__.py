"""Section 4: deep learning, from labelled scenes to masks of images of any size.

In the order of the lesson:

* `scenes` splits and checks labelled images, `normalisation` brings them to one range, `data` cuts
  them into batches of patches, and `augmentation` varies the patches;
* `unet` is the network; `receptive_field` says how far it sees, `memory` what it costs, and
  `memory_measured` what it really took;
* `losses` say how wrong it is and `train` makes it less so, in the `precision` of the device, with
  a `checkpoint` after every epoch, a `history` at the end and `progress` to be seen meanwhile;
* `predict` covers images of any size, and `storage` keeps the weights.

That is semantic segmentation; `stars` holds the same steps for instances, with StarDist.

Importing this package imports none of the libraries that its modules use.
"""
