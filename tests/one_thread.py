"""A fixture for packages of tests whose images are so small that more threads gain nothing."""

import pytest
import torch


@pytest.fixture(scope="package", autouse=True)
def one_thread():
    """Let PyTorch compute on one thread while a package is tested."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
