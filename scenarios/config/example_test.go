package config_test

import (
	"fmt"
	"log"

	"fpsgd/scenarios/config"
)

// A preset with a value changed, as by --set: an error names the key, the value and what would do.
func ExamplePreset() {
	c, err := config.Preset("quadratic-2d", []string{"noise.epsilon=0.5"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Title(), c.Noise.Epsilon, c.Grid.Axes[0].Cells)
	_, err = config.Preset("quadratic-2d", []string{"noise.epsilon=-1"})
	fmt.Println(err)
	// Output:
	// quadratic-2d, changed 0.5 128
	// --set noise.epsilon=-1: must be in [0.001, 1000], got -1 (use e.g. 0.25)
}
