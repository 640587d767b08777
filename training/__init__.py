"""Makes the networks that PixelLab ships; not part of the package."""
