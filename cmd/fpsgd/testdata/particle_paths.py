"""Makes the paths of an ensemble of f = 1 + x² + y² by Euler and Maruyama again, with NumPy's own
Philox, and prints how far the particles are from them, relative to their size."""
import sys
from math import cos, log, pi, sin, sqrt

import numpy as np

folder, seed, epsilon, step, steps = sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:6])
center, width = (1.0, 1.0), 0.5
particles = np.load(f"{folder}/particles.npy")


def uniforms(particle, group, purpose):
    counter = group + (purpose << 128)
    bits = np.random.Philox(key=seed + (particle << 64), counter=(counter - 1) % 2**256)
    return [(float(int(word) >> 11) + 0.5) * 2.0**-53 for word in bits.random_raw(4)]


worst = 0.0
for i in range(particles.shape[1]):
    u = uniforms(i, 0, 2)
    theta = [c + width * sqrt(-2 * log(u[2 * k])) * cos(2 * pi * u[2 * k + 1])
             for k, c in enumerate(center)]
    for n in range(int(steps)):
        u = uniforms(i, n // 2, 0)
        normal = []
        for r, t in (u[:2], u[2:]):
            normal += [sqrt(-2 * log(r)) * cos(2 * pi * t), sqrt(-2 * log(r)) * sin(2 * pi * t)]
        y = normal[:2] if n % 2 == 0 else normal[2:]
        size = sqrt(2 * epsilon * step * (1 + theta[0]**2 + theta[1]**2))
        theta = [x - step * 2 * x + size * z for x, z in zip(theta, y)]
    worst = max(worst, *(abs(a - b) / (1 + abs(b)) for a, b in zip(particles[-1, i], theta)))
print("close" if worst < 1e-12 else worst)
