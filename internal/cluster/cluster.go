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

// quoting are the functions of the templates.
var quoting = template.FuncMap{"words": words, "word": word, "yaml": strconv.Quote, "lines": lines}

// The templates see an Array's fields and methods, and what else is theirs.
var (
	slurmTemplate      = template.Must(template.New("").Funcs(quoting).Parse(slurm))
	kubernetesTemplate = template.Must(template.New("").Funcs(quoting).Parse(kubernetes))
)

// WriteSlurm writes a script that submits itself, and is a task of the array then.
func (a *Array) WriteSlurm(w io.Writer) error {
	return slurmTemplate.Execute(w, struct {
		*Array
		Tasks   string
		Many    bool   // more than an array may have
		Pattern string // of logs; in it % begins what Slurm fills in
	}{a, tasks(a.Todo, a.Limit), a.Points > slurmTasks,
		strings.ReplaceAll(a.Logs, "%", "%%") + "/%a.log"})
}

// slurmTasks is how many tasks an array has at most where nobody has changed that.
const slurmTasks = 1000

// WriteKubernetes writes an Indexed Job, and a ConfigMap if there is a config. All texts must be
// UTF-8: Go's quotes are those of YAML then.
func (a *Array) WriteKubernetes(w io.Writer) error {
	args := slices.Concat(escaped(a.Command[1:]),
		[]string{"--index", "$(JOB_COMPLETION_INDEX)"}, escaped(a.Options))
	pods := a.Points
	if a.Limit > 0 {
		pods = min(pods, a.Limit)
	}
	return kubernetesTemplate.Execute(w, struct {
		*Array
		Pods                int // at a time
		Args                []string
		Mount, ConfigFolder string
	}{a, pods, args, Mount, ConfigFolder})
}

// Where a container has the volume, which is where relative paths begin, and the config.
const (
	Mount        = "/sweeps"
	ConfigFolder = "/config"
)

// escaped writes arguments so that no $(NAME) in them is the value of a variable.
func escaped(args []string) []string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = strings.ReplaceAll(arg, "$", "$$")
	}
	return out
}

// MiB is the memory to ask for, 0 where that is not known.
func (a *Array) MiB() int {
	const least = 256
	if a.Bytes == 0 {
		return 0
	}
	return max(least, int(a.Bytes/(1<<20)))
}

// Name is one for the job: of a pod it is a part of the host's name, which has 63 characters.
func (a *Array) Name() string {
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

// word quotes a text, so that a POSIX shell reads it as it is, in one word: all characters but the
// quote itself stand for themselves between single quotes.
func word(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// words quotes several.
func words(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = word(text)
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
