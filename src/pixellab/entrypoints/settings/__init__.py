"""What can be configured: a module for each part of PixelLab, all read by ``environment``."""

from pixellab.entrypoints.settings.environment import Settings, load_settings, unknown_variables

__all__ = ["Settings", "load_settings", "unknown_variables"]
