"""The chapter “2048 × 2048 × 100 voxels in 4 GB: does it fit?”."""
