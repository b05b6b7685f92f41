package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"fpsgd"

	"github.com/spf13/cobra"
)

func newCompare() *cobra.Command {
	var samples string
	var asJSON bool
	time := math.NaN()
	cmd := &cobra.Command{
		ValidArgsFunction: completeFolder,

		Use:   "compare RUN --samples FILE.npy",
		Short: "your own SGD iterates against the density of a run",
		Args:  exactly(1, "one run directory"),
	}
	cmd.Flags().StringVar(&samples, "samples", "", "a .npy of the shape (n, m) or (times, n, m)")
	cmd.Flags().Float64Var(&time, "time", math.NaN(), "the snapshot that samples at one time are "+
		"held against (default the last)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the comparison as one JSON value, of "+
		"several times a list")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if samples == "" {
			return badRequest("samples are missing: give --samples FILE.npy")
		}
		found, err := fpsgd.CompareSamples(args[0], samples, time, 0)
		switch {
		case err != nil:
			return err
		case asJSON && len(found) == 1:
			return printJSON(cmd.OutOrStdout(), found[0])
		case asJSON:
			return printJSON(cmd.OutOrStdout(), found)
		}
		printComparisons(cmd.OutOrStdout(), found)
		return nil
	}
	return cmd
}

// printComparisons writes a row for every time.
func printComparisons(w io.Writer, all []fpsgd.SampleComparison) {
	t := columns(w, 1)
	fmt.Fprintln(t, "time\tL¹ to ρ\tof draws\tχ² a bin\tbins\tKS\tof draws\tW₁\tof draws\twithin")
	for _, c := range all {
		fmt.Fprintf(t, "%.4g\t%.4f\t%.4f\t%.3f\t%d\t%.4f\t%.4f\t%.3g\t%.3g\t%s\n", c.Time, c.L1,
			c.L1Sampling, c.Chi2PerBin, c.Bins, slices.Max(c.KS), c.KSSampling,
			slices.Max(c.Wasserstein1), slices.Max(c.Wasserstein1Sampled), yes(c.Within))
	}
	t.Flush()
	printNotes(w, []string{withinNote})
}

// withinNote explains the last column.
const withinNote = "within: as independent draws from the density would be, at a level of one in " +
	"a thousand; of draws: the mean for these"

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
