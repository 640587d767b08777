"""A small renderer: signed distance fields, marched, in the light of a photographer's studio.

Points and directions are float32 arrays (N, 3), x to the right, y up, z towards the viewer; a
unit is about five centimetres. Colours are linear light, (N, 3), R, G, B. The marching, the soft
shadows and the ambient occlusion follow Hart, "Sphere tracing" (1996), and Quilez, "Rendering
worlds with two triangles" (2008).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CHUNK = 1 << 17
"""Rays that are worked on at once: small enough for the processor's cache."""
FAR = 40.0
HIT = 0.0008
MARCH_STEPS, SHADOW_STEPS, OCCLUSION_TAPS = 110, 28, 4


@dataclass(frozen=True)
class Thing:
    """A solid with a surface."""

    distance: Callable[[Array], Array]
    """Signed distance (N,) of points (N, 3) in the thing's own coordinates."""
    colour: Callable[[Array], Array]
    """Diffuse albedo, 0 to 1, of points on the surface."""
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn: float = 0.0
    """Degrees about the vertical axis."""
    reflectance: float = 0.04
    """Mirror reflection seen head on: 0.04 for glaze, glass and varnish, 0.5 and more for metal."""
    polish: float = 0.5
    """0 is matt, 1 a mirror."""
    bound: tuple[float, float] | None = None
    """A sphere round all of it: how high its centre is above ``position``, and its radius."""

    def local(self, points: Array) -> Array:
        angle = np.deg2rad(self.turn)
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        moved = points - np.asarray(self.position, np.float32)
        x, z = moved[:, 0] * cos - moved[:, 2] * sin, moved[:, 0] * sin + moved[:, 2] * cos
        return np.stack([x, moved[:, 1], z], axis=1)


@dataclass(frozen=True)
class Camera:
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    angle: float = 24.0
    """Vertical angle of view in degrees."""

    def rays(self, width: int, height: int) -> tuple[Array, Array]:
        """The eye (3,) and one direction per pixel (height * width, 3), row by row."""
        eye = np.asarray(self.eye, np.float32)
        ahead = _unit(np.asarray([self.target], np.float32) - eye)[0]
        right = _unit(np.cross(ahead, (0.0, 1.0, 0.0))[None].astype(np.float32))[0]
        up = np.cross(right, ahead)
        reach = np.tan(np.deg2rad(self.angle / 2))
        y = (1 - (np.arange(height) + 0.5) / height * 2) * reach
        x = ((np.arange(width) + 0.5) / width * 2 - 1) * reach * width / height
        directions = ahead + x[None, :, None] * right + y[:, None, None] * up
        return eye, _unit(directions.reshape(-1, 3).astype(np.float32))


@dataclass(frozen=True)
class Studio:
    """A key light (a softbox), a fill light, and what else glows around the set."""

    key: tuple[float, float, float] = (-0.62, 0.66, 0.42)
    """Direction towards the key light."""
    key_power: float = 2.3
    ambient: float = 0.62
    softness: float = 9.0
    """Small for a large softbox and wide shadows, large for hard ones."""

    def reflected(self, directions: Array, polish: float) -> Array:
        """The light (N,) that comes from a direction, blurred as the surface's polish demands."""
        blur = np.float32(0.05 + 0.5 * (1 - polish))
        azimuth = np.arctan2(directions[:, 0], directions[:, 2])
        height = directions[:, 1]
        towards = np.arctan2(self.key[0], self.key[2])
        box = _band(azimuth - towards, 0.38, blur) * _band(height - 0.55, 0.34, blur)
        strip = _band(azimuth - towards - 2.1, 0.10, blur) * _band(height - 0.35, 0.5, blur)
        sky = 0.22 + 0.35 * np.clip(height + 0.25, 0, 1)
        return np.asarray(sky + (1.0 + 2.2 * polish) * (2.0 * box + 0.9 * strip), np.float32)


def render(things: list[Thing], camera: Camera, studio: Studio, width: int, height: int) -> Array:
    """A picture (height, width, 3) in linear light, white being about 1; four samples a pixel."""
    fine_width, fine_height = width * 2, height * 2
    eye, directions = camera.rays(fine_width, fine_height)
    light = np.concatenate(
        [
            _trace(things, studio, eye, directions[start : start + CHUNK])
            for start in range(0, len(directions), CHUNK)
        ]
    )
    picture = np.minimum(light, 4.0).reshape(fine_height, fine_width, 3)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _trace(things: list[Thing], studio: Studio, eye: Array, directions: Array) -> Array:
    depth = _march(things, eye, directions)
    seen = np.flatnonzero(depth < FAR)
    light = np.ones((len(directions), 3), np.float32)
    if len(seen):
        points = eye + directions[seen] * depth[seen, None]
        light[seen] = _shade(things, studio, points, directions[seen])
    return light


def _march(things: list[Thing], eye: Array, directions: Array) -> Array:
    depth = np.full(len(directions), 2.0, np.float32)
    active = np.arange(len(directions))
    for _ in range(MARCH_STEPS):
        step = _nearest(things, eye + directions[active] * depth[active, None])[0]
        depth[active] += step * 0.9
        active = active[(step > HIT) & (depth[active] < FAR)]
        if not len(active):
            break
    return depth


def _shade(things: list[Thing], studio: Studio, points: Array, directions: Array) -> Array:
    which = _nearest(things, points)[1]
    normals = _normals(things, points)
    key = _unit(np.asarray([studio.key], np.float32))
    lifted = points + normals * np.float32(0.006)
    facing = np.maximum((normals * key).sum(1), 0)
    direct = studio.key_power * facing * _shadow(things, lifted, key, studio.softness)
    open_sky = _occlusion(things, points, normals)
    around = studio.ambient * open_sky * (0.62 + 0.38 * normals[:, 1])
    mirrored = directions - 2 * (directions * normals).sum(1, keepdims=True) * normals
    grazing = (1 - np.clip(-(directions * normals).sum(1), 0, 1)) ** 5
    light = np.empty_like(points)
    for index, thing in enumerate(things):
        mine = np.flatnonzero(which == index)
        if not len(mine):
            continue
        albedo = thing.colour(thing.local(points[mine]))
        # Schlick's approximation of Fresnel's equations, weakened where the surface is rough.
        mirror = thing.reflectance + (1 - thing.reflectance) * grazing[mine] * thing.polish * 0.7
        glow = studio.reflected(mirrored[mine], thing.polish) * (0.3 + 0.7 * open_sky[mine])
        tint = (
            albedo if thing.reflectance > 0.3 else np.float32(1.0)
        )  # metals colour what they mirror
        diffuse = albedo * ((direct + around)[mine] / np.pi * (1 - mirror))[:, None] * 1.9
        light[mine] = diffuse + tint * (mirror * glow)[:, None]
    return light


def _nearest(things: list[Thing], points: Array) -> tuple[Array, NDArray[np.intp]]:
    """The distance (N,) to the nearest thing, and that thing's index (N,)."""
    distance = np.full(len(points), np.inf, np.float32)
    which = np.zeros(len(points), np.intp)
    for index, thing in enumerate(things):
        near = np.flatnonzero(_at_least(thing, points) < distance)
        exact = thing.distance(thing.local(points[near]))
        closer = exact < distance[near]
        distance[near[closer]] = exact[closer]
        which[near[closer]] = index
    return distance, which


def _at_least(thing: Thing, points: Array) -> Array:
    """A cheap lower bound (N,) of the distance to a thing."""
    if thing.bound is None:
        return np.full(len(points), -1, np.float32)
    height, radius = thing.bound
    x, y, z = thing.position
    away = points - np.asarray((x, y + height, z), np.float32)
    return np.asarray(np.sqrt((away * away).sum(1)) - np.float32(radius), np.float32)


def _normals(things: list[Thing], points: Array) -> Array:
    """The gradient of the distance, from four samples at the corners of a tetrahedron."""
    corners = np.asarray([(1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)], np.float32)
    reach = np.float32(0.0012)
    return _unit(
        sum(
            (corner * _nearest(things, points + corner * reach)[0][:, None] for corner in corners),
            start=np.zeros_like(points),
        )
    )


def _shadow(things: list[Thing], points: Array, key: Array, softness: float) -> Array:
    """How much of the softbox a point sees, 0 to 1."""
    seen = np.ones(len(points), np.float32)
    travelled = np.full(len(points), 0.03, np.float32)
    active = np.arange(len(points))
    for _ in range(SHADOW_STEPS):
        gap = _nearest(things, points[active] + key * travelled[active, None])[0]
        seen[active] = np.minimum(seen[active], softness * gap / travelled[active])
        travelled[active] += np.clip(gap, 0.04, 0.5)
        active = active[(seen[active] > 0.004) & (travelled[active] < 9.0)]
        if not len(active):
            break
    seen = np.clip(seen, 0, 1)
    return seen * seen * (3 - 2 * seen)


def _occlusion(things: list[Thing], points: Array, normals: Array) -> Array:
    """How open the surroundings of a point are, 0 to 1."""
    closed = np.zeros(len(points), np.float32)
    for tap in range(1, OCCLUSION_TAPS + 1):
        reach = np.float32(0.11 * tap)
        gap = _nearest(things, points + normals * reach)[0]
        closed += (reach - gap) / np.float32(1.7**tap)
    return np.clip(1 - 1.9 * closed, 0.08, 1)


def _band(offset: Array, half_width: float, blur: np.float32) -> Array:
    wrapped = np.abs((offset + np.pi) % (2 * np.pi) - np.pi)
    edge = np.clip((half_width + blur / 2 - wrapped) / blur, 0, 1)
    return np.asarray(edge * edge * (3 - 2 * edge), np.float32)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
