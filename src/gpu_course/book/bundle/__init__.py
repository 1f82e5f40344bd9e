"""Bundles that carry the course where there is no network: to a GPU node, or into a classroom."""
