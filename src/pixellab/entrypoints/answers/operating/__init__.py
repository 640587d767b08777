"""What those who run PixelLab are told."""
