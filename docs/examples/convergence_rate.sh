#!/bin/sh
# The order of convergence of the density in the spacing of the grid, for several ε: a table on stdout, and a folder with
# a figure for each.
#
#     sh convergence_rate.sh [FOLDER [PRESET]]      default: convergence student-1d
#
# Needs fpsgd in the PATH, and python3 to read JSON.
set -eu
folder=${1:-convergence}
preset=${2:-student-1d}
mkdir -p "$folder"

printf '%-20s %8s %12s %8s\n' epsilon cells 'L1 error' order
for epsilon in 0.2857142857142857 0.4 0.6666666666666666; do # 2/7, 2/5, 2/3: solved in closed form
    fpsgd converge "$preset" --quiet --levels 4 --set noise.epsilon=$epsilon -o "$folder/epsilon=$epsilon" --resume --json \
        >"$folder/epsilon=$epsilon.json"
    python3 - "$epsilon" "$folder/epsilon=$epsilon.json" <<'END'
import json, sys
epsilon, name = sys.argv[1:]
with open(name) as file:
    levels = json.load(file)["levels"]
for level in levels:
    order = level["order_l1"]
    print("%-20s %8d %12.3e %8s" % (epsilon, level["cells"][0], level["error_l1"], "" if order is None else "%.2f" % order))
END
done
