package main

import (
	"fmt"
	"io"
	"strings"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/validation"

	"github.com/spf13/cobra"
)

func newList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "presets, landscapes, coordinates, fluxes, schemes, claims, config keys",
		Args:  exactly(0, "no arguments"),
	}
	asSchema := cmd.Flags().Bool("schema", false, "the JSON Schema of a config, for editors")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *asSchema {
			return printSchema(cmd.OutOrStdout())
		}
		t := columns(cmd.OutOrStdout(), 2)
		for _, section := range []func(io.Writer){listPresets, listLandscapes, listCoordinates,
			listSchemes, listClaims, listKeys} {
			section(t)
			fmt.Fprintln(t)
		}
		return t.Flush()
	}
	return cmd
}

// printSchema prints the JSON Schema of a config.
func printSchema(w io.Writer) error {
	var builtins []config.Builtin
	for _, b := range scenarios.Builtins {
		known := config.Builtin{Name: b.Name}
		for _, p := range b.Parameters {
			known.Parameters = append(known.Parameters,
				config.Parameter{Name: p.Name, Doc: p.Doc, Required: p.Default == nil})
		}
		builtins = append(builtins, known)
	}
	text, err := config.JSONSchema(builtins)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

func listPresets(w io.Writer) {
	fmt.Fprintln(w, "PRESETS (fpsgd run NAME)")
	for _, p := range config.Presets() {
		fmt.Fprintf(w, "  %s\t%s\n", p.Name, p.Summary)
	}
}

func listLandscapes(w io.Writer) {
	fmt.Fprintln(w, "LANDSCAPES (landscape.builtin)")
	for _, b := range scenarios.Builtins {
		fmt.Fprintf(w, "  %s\tf = %s\n\t%s\n", b.Name, b.Formula, b.Doc)
		for _, p := range b.Parameters {
			given := "required"
			if p.Default != nil {
				given = "default " + strings.Trim(fmt.Sprint(p.Default), "[]")
			}
			fmt.Fprintf(w, "\t  %s: %s (%s)\n", p.Name, p.Doc, given)
		}
	}
}

func listCoordinates(w io.Writer) {
	fmt.Fprintln(w, "COORDINATES (grid.coordinates)")
	for _, name := range mesh.Systems {
		c := mesh.System(name)
		axes, vars := mesh.AxesText(c, ", "), strings.Join(c.Variables(), ", ")
		fmt.Fprintf(w, "  %s\taxes %s; a formula may use %s\n", name, axes, vars)
	}
}

func listSchemes(w io.Writer) {
	fmt.Fprintln(w, "FLUXES (grid.flux)")
	docs := map[operators.Flux]string{
		operators.ScharfetterGummel: "exact along every line between two π-centroids, by " +
			"quadrature (default)",
		operators.Bernoulli: "the textbook scheme: log-linear f between cell midpoints",
		operators.Face:      "f on the face, distance of the π-centroids",
	}
	for _, f := range operators.Fluxes {
		fmt.Fprintf(w, "  %s\t%s\n", f, docs[f])
	}
	fmt.Fprintln(w, "\nSCHEMES (time.scheme)")
	fmt.Fprintln(w, "  lanczos\tthe exponential in a Krylov space, no steps; error at every "+
		"output below the tolerance (default where it is quickest)")
	fmt.Fprintln(w, "  sdirk2\tsecond order, L-stable, adaptive; Euler where it would go "+
		"negative (default otherwise)")
	fmt.Fprintln(w, "  sdirk3\tthird order, the same with a solve more a step: "+
		"fewer solves at tolerances of 1e-5 and below")
	fmt.Fprintln(w, "  euler\tfirst order, keeps every density non-negative at any step")
}

func listClaims(w io.Writer) {
	fmt.Fprintln(w, "CLAIMS (fpsgd validate NAME)")
	for _, c := range validation.Claims {
		fmt.Fprintf(w, "  %s\t%s\n", c.Name, c.Statement)
	}
}

func listKeys(w io.Writer) {
	fmt.Fprintln(w, "CONFIG KEYS (TOML; --set KEY=VALUE)")
	for _, k := range config.Keys() {
		fmt.Fprintf(w, "  %s\t%s\n", k.Path, describeKey(k))
	}
}

// describeKey says in a line what a key of the config means and which values it takes.
func describeKey(k config.Key) string {
	more := "; " + k.Type()
	if len(k.Choices) > 0 {
		more = ": " + strings.Join(k.Choices, " | ")
	}
	if k.Required {
		more += " (required)"
	}
	if k.Default != nil {
		more += fmt.Sprintf(" (default %v)", k.Default)
	}
	return k.Doc + more
}
