// Package cluster writes what makes a cluster's own engine do the points of a sweep: the script of
// a Slurm array, and the manifest of a Kubernetes Job, with a task a point. Both call the command
// that the user would, with --index, send it SIGTERM some time before they end it, and start it
// again when it ends with exit code 75: it goes on with what it has saved.
package cluster

import (
	_ "embed"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

// Array is a family of commands that differ by an index.
type Array struct {
	Command []string // the program, its arguments and flags but for the index
	Options []string // what follows the index
	Folder  string   // of all results
	Logs    string   // the folder for what tasks of Slurm print
	Points  int      // their indices go from 0
	Todo    []int    // those that are not done
	Limit   int      // at a time; 0: as many as the cluster likes
	CPUs    int      // of a point
	Bytes   float64  // of memory of a point; 0: not known
	Config  *Config  // nil for a preset
	Image   string   // of the container: its entry point is the program
	Claim   string   // of the volume
}

// Config is a file that the command names by its path in a container.
type Config struct{ Name, Text string }

//go:embed slurm.sh.tmpl
var slurm string

//go:embed kubernetes.yaml.tmpl
var kubernetes string

// WriteSlurm writes a script that submits itself, and is a task of the array then.
func (a *Array) WriteSlurm(w io.Writer) error {
	return a.write(w, slurm, map[string]any{
		"Tasks": tasks(a.Todo, a.Limit), "Many": a.Points > slurmTasks, "Logs": []string{a.Logs},
		"Pattern": []string{strings.ReplaceAll(a.Logs, "%", "%%") + "/%a.log"},
	})
}

// slurmTasks is how many tasks an array has at most where nobody has changed that.
const slurmTasks = 1000

// WriteKubernetes writes an Indexed Job, and a ConfigMap if there is a config. All texts must be
// UTF-8: Go's quotes are those of YAML then.
func (a *Array) WriteKubernetes(w io.Writer) error {
	limit := a.Points
	if a.Limit > 0 {
		limit = min(limit, a.Limit)
	}
	args := slices.Concat(escaped(a.Command[1:]),
		[]string{"--index", "$(JOB_COMPLETION_INDEX)"}, escaped(a.Options))
	return a.write(w, kubernetes, map[string]any{
		"Limit": limit, "Args": args, "Mount": Mount, "ConfigFolder": ConfigFolder})
}

// escaped writes words so that no $(NAME) in them is the value of a variable.
func escaped(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = strings.ReplaceAll(word, "$", "$$")
	}
	return out
}

// Where a container has the volume, which is where relative paths begin, and the config.
const (
	Mount        = "/sweeps"
	ConfigFolder = "/config"
)

// quoting are the functions of the templates.
var quoting = template.FuncMap{"shell": shell, "yaml": strconv.Quote, "lines": lines}

// write fills a template in.
func (a *Array) write(w io.Writer, text string, more map[string]any) error {
	data := map[string]any{"Points": a.Points, "CPUs": a.CPUs, "Config": a.Config, "Name": a.name(),
		"Folder": []string{a.Folder}, "Command": a.Command, "Options": a.Options,
		"Image": a.Image, "Claim": a.Claim}
	if a.Bytes > 0 {
		data["Memory"] = max(leastMemory, int(a.Bytes/(1<<20)))
	}
	for key, value := range more {
		data[key] = value
	}
	t, err := template.New("").Funcs(quoting).Parse(text)
	if err != nil {
		panic(err) // it is ours
	}
	return t.Execute(w, data)
}

// leastMemory is what is asked for in MiB for the least of points.
const leastMemory = 256

// name is one for the job: of a pod it is a part of the host's name, which has 63 characters.
func (a *Array) name() string {
	const most = 40
	name := notInNames.ReplaceAllString(strings.ToLower(path.Base(a.Folder)), "-")
	name = strings.Trim(name[:min(most, len(name))], "-")
	return strings.TrimSuffix("sweep-"+name, "-")
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// tasks lists indices as Slurm does, 0-3,7, with how many of them at a time.
func tasks(indices []int, limit int) string {
	var parts []string
	for i := 0; i < len(indices); {
		j := i
		for j+1 < len(indices) && indices[j+1] == indices[j]+1 {
			j++
		}
		part := strconv.Itoa(indices[i])
		if j > i {
			part += "-" + strconv.Itoa(indices[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	list := strings.Join(parts, ",")
	if limit > 0 {
		list += fmt.Sprintf("%%%d", limit)
	}
	return list
}

// shell quotes words, so that a POSIX shell reads each as it is: all characters but the quote
// itself stand for themselves between single quotes.
func shell(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if !plain.MatchString(word) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// plain are words that no shell takes for anything else, wherever they stand.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:,@%+-][A-Za-z0-9_./:,@%+=-]*$`)

// lines writes a text in its lines, as the value of a key that is indented by two, if YAML takes
// all of its characters there, and in quotes otherwise.
func lines(text string) string {
	strange := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
	body, ends := strings.CutSuffix(text, "\n")
	if !ends || body != strings.TrimSpace(body) || strings.ContainsFunc(text, strange) {
		return strconv.Quote(text)
	}
	const margin = "\n    "
	return "|" + margin + strings.ReplaceAll(body, "\n", margin)
}
