"""Instance segmentation with StarDist: every pixel says how far it is to its object's outline.

The networks are those of the stardist package, on TensorFlow. In the order of the lesson:

* `extent` measures the objects, `design` derives a network from them: rays, grid, depth, patch, and
  how far it sees;
* `data` turns labelled scenes into batches of what the network must say, `model` builds the
  network and `train` trains it, with a `checkpoint` after every epoch;
  `receptive_field` says how far it really looks;
* `thresholds` are chosen on validation scenes, `predict` covers images of any size, `scores` says
  how good it was, and `storage` keeps the weights.

Importing this package imports none of the libraries that its modules use.
"""
