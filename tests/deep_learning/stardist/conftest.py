"""These tests run in a process of their own, started by ``test_stardist_apart.py``.

TensorFlow, loaded into a process that holds Qt, can end it. By hand:
``GPU_COURSE_OWN_PROCESS=1 python -m pytest tests/deep_learning/stardist``.
"""

import os

if "GPU_COURSE_OWN_PROCESS" not in os.environ:
    collect_ignore_glob = ["test_*.py"]
