package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/program"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "write the manual pages",
		Args:  exactly(1, "one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeMan(cmd.Root(), args[0])
		},
	}
}

// writeMan writes a page for a command and every one below it.
func writeMan(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	date := cmp.Or(program.Date(), time.Now()).UTC()
	return eachPage(root, func(cmd *cobra.Command) error {
		_, err := atomicfile.WriteIn(folder, pageName(cmd)+".1", func(w io.Writer) error {
			_, err := io.WriteString(w, page(cmd, date))
			return err
		})
		return err
	})
}

// eachPage calls do with a command and those below it that have a page.
func eachPage(cmd *cobra.Command, do func(*cobra.Command) error) error {
	if err := do(cmd); err != nil {
		return err
	}
	for _, below := range subcommands(cmd) {
		if err := eachPage(below, do); err != nil {
			return err
		}
	}
	return nil
}

// subcommands are those that a user is told of.
func subcommands(cmd *cobra.Command) (out []*cobra.Command) {
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			out = append(out, below)
		}
	}
	return out
}

// pageName is as fpsgd-export-operator: man fpsgd export operator finds no page of two blanks.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// page is the manual page of a command, in the macros of man(7): what --help says, and no more. It
// is made here, and not by cobra/doc, which takes the help for Markdown and so loses the formulas.
func page(cmd *cobra.Command, date time.Time) string {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	b := &strings.Builder{}
	fmt.Fprintf(b, "'\\\" -*- coding: UTF-8 -*-\n.TH %s 1 %s \"fpsgd %s\"\n.nr HY 0\n.nh\n.ad l\n",
		strings.ToUpper(roff(pageName(cmd))), date.Format(time.DateOnly), roff(program.Version()))
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n", roff(pageName(cmd)), roff(cmd.Short))
	fmt.Fprintf(b, ".SH SYNOPSIS\n.nf\n.B %s\n.fi\n", roff(cmd.UseLine()))
	fmt.Fprintf(b, ".SH DESCRIPTION\n%s", prose(cmp.Or(cmd.Long, cmd.Short+".")))
	if below := subcommands(cmd); len(below) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range below {
			fmt.Fprintf(b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(c)), roff(c.Short))
		}
	}
	b.WriteString(".SH OPTIONS\n")
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { b.WriteString(option(f)) })
	b.WriteString(exitStatus)
	if cmd.HasParent() {
		fmt.Fprintf(b, ".SH SEE ALSO\n.BR %s (1)\n", roff(pageName(cmd.Parent())))
	}
	return b.String()
}

// exitStatus is the same for all commands; the numbers are those of main.go.
var exitStatus = fmt.Sprintf(`.SH EXIT STATUS
.TP
%d
done
.TP
%d
it ran and failed: a claim, the solver, the disk, the memory
.TP
%d
the request was wrong
.TP
%d
interrupted; what can be resumed goes on with \-\-resume
`, exitDone, exitFailed, exitBadRequest, exitInterrupted)

// option is the entry of a flag.
func option(f *pflag.Flag) string {
	if f.Hidden {
		return ""
	}
	value, usage := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	if value != "" {
		value = " \\fI" + roff(value) + "\\fR"
	}
	if !slices.Contains([]string{"", "false", "0", "[]", "NaN"}, f.DefValue) {
		usage += " (default " + f.DefValue + ")"
	}
	return fmt.Sprintf(".TP\n\\fB%s\\fR%s\n%s\n", roff(name), value, roff(usage))
}

// prose sets a help text: paragraphs are filled, but for those with a line that is indented.
func prose(text string) string {
	b := &strings.Builder{}
	for _, paragraph := range strings.Split(text, "\n\n") {
		lines := strings.Split(paragraph, "\n")
		for i, line := range lines {
			lines[i] = roff(line)
		}
		begin, end := "", ""
		if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") {
			begin, end = ".EX\n", ".EE\n"
		}
		fmt.Fprintf(b, ".PP\n%s%s\n%s", begin, strings.Join(lines, "\n"), end)
	}
	return b.String()
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`,
	"~", `\(ti`)

// roff escapes a text, of which no line then is a request, and of which nothing is made typographic
// that is to be typed.
func roff(text string) string {
	text = roffEscapes.Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}
