"""Prints blocks of the stream of a seed and a particle, as NumPy's own Philox makes them."""
import sys
import numpy as np

seed, particle, group, block, purpose, substep = (int(a) for a in sys.argv[1:])
counter = group + (block << 64) + (purpose << 128) + (substep << 192)
# NumPy counts before it makes a block
bits = np.random.Philox(key=seed + (particle << 64), counter=(counter - 1) % 2**256)
print(*(f"{word:x}" for word in bits.random_raw(4)))
