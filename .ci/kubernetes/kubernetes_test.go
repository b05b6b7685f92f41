// Package kubernetes holds the manifests of fpsgd sweep --emit kubernetes against Kubernetes' own
// types. It is a module of its own, so that fpsgd's has nothing of Kubernetes.
package kubernetes

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// root is that of fpsgd's module.
const root = "../.."

// build builds fpsgd and returns its path.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fpsgd")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/fpsgd")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// output runs a command in a folder.
func output(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		stderr := ""
		if exit, ok := err.(*exec.ExitError); ok {
			stderr = string(exit.Stderr)
		}
		t.Fatalf("%s %q: %v\n%s", filepath.Base(name), args, err, stderr)
	}
	return out
}

// decode reads a manifest as the types that it claims to have, with no field that these have not.
func decode(t *testing.T, manifest []byte) (job batch.Job, config core.ConfigMap) {
	t.Helper()
	for _, text := range bytes.Split(manifest, []byte("\n---\n")) {
		var kind struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal(text, &kind); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		var into any
		switch kind.APIVersion + " " + kind.Kind {
		case "batch/v1 Job":
			into = &job
		case "v1 ConfigMap":
			into = &config
		default:
			t.Fatalf("a %v", kind)
		}
		if err := yaml.UnmarshalStrict(text, into); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return job, config
}

// expanded are the arguments that a container of an index gets: $(NAME) is the value of a variable,
// and $$ is $.
func expanded(args []string, index string) []string {
	of := strings.NewReplacer("$$", "$", "$(JOB_COMPLETION_INDEX)", index)
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = of.Replace(arg)
	}
	return out
}

// The manifest is a Job with an index a point, in which an interruption counts as no failure.
func TestJob(t *testing.T) {
	fpsgd := build(t)
	job, config := decode(t, output(t, t.TempDir(), fpsgd, "sweep", "quadratic-2d", "--vary",
		"noise.epsilon=0.1:0.45:8", "-o", "runs/Epsilon_2", "--jobs", "3", "--set",
		"solver.threads=2", "--emit", "kubernetes", "--image", "here/fpsgd:1", "--claim", "mine"))
	spec, pod := job.Spec, job.Spec.Template.Spec
	if config.Name != "" {
		t.Error("a preset has a ConfigMap")
	}
	if job.Name != "sweep-epsilon-2" || *spec.Completions != 8 || *spec.Parallelism != 3 ||
		*spec.CompletionMode != batch.IndexedCompletion || *spec.BackoffLimitPerIndex < 1 ||
		*spec.PodReplacementPolicy != batch.Failed ||
		pod.RestartPolicy != core.RestartPolicyNever || *pod.TerminationGracePeriodSeconds < 30 {
		t.Errorf("%+v", job)
	}
	rule := spec.PodFailurePolicy.Rules[0]
	if rule.Action != batch.PodFailurePolicyActionIgnore ||
		*rule.OnExitCodes.ContainerName != pod.Containers[0].Name ||
		rule.OnExitCodes.Operator != batch.PodFailurePolicyOnExitCodesOpIn ||
		!slices.Equal(rule.OnExitCodes.Values, []int32{75}) {
		t.Errorf("%+v", rule)
	}
	c := pod.Containers[0]
	if c.Image != "here/fpsgd:1" || c.Resources.Limits.Cpu().Value() != 2 ||
		c.Resources.Limits.Memory().Value() < 1<<20 ||
		pod.Volumes[0].PersistentVolumeClaim.ClaimName != "mine" ||
		c.VolumeMounts[0].MountPath != c.WorkingDir {
		t.Errorf("%+v", pod)
	}
}

// The command of docs/cluster.md makes a manifest as it is written.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(root + "/docs/cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## On Kubernetes\n")
	_, block, _ := strings.Cut(section, "\n```sh")
	_, line, _ := strings.Cut(block, "\n")
	line, _, found := strings.Cut(line, "\n```\n")
	if !found {
		t.Fatal("the page has no command")
	}
	t.Setenv("PATH", filepath.Dir(build(t))+":"+os.Getenv("PATH"))
	dir := t.TempDir()
	output(t, dir, "bash", "-c", line)
	manifest, err := os.ReadFile(filepath.Join(dir, "epsilon.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	job, _ := decode(t, manifest)
	if job.Name != "sweep-epsilon" || *job.Spec.Completions != 8 || *job.Spec.Parallelism != 8 {
		t.Errorf("%+v", job)
	}
}

// What a pod is told, it does: with a config whose name and text are none of the simple ones, and
// flags of the points' command. What two of them leave is a sweep with two points done.
func TestWhatAPodDoes(t *testing.T) {
	fpsgd, here, volume := build(t), t.TempDir(), t.TempDir()
	for _, text := range []string{well, well + "\n\n# \t\u0085 '\"$$(HOME) %s {{.}} é 𝛼 \\",
		"# first\r\n" + well, "\n  " + well, "# ---\n# kind: Job\n" + well} {
		name := "it's $(date) {{.}} é.toml"
		if err := os.WriteFile(filepath.Join(here, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		manifest := output(t, here, fpsgd, "sweep", name, "--vary", "landscape.formula="+
			`"1 + x^2","1 + 2*x^2","1 + min(3*x^2, 1/0.001)"`, "--do", "spectrum",
			"-o", "runs/it's $(HOME) $$", "--emit", "kubernetes", "--", "-k", "1")
		job, config := decode(t, manifest)
		if config.Data["config.toml"] != text {
			t.Errorf("the config is %q, want %q", config.Data["config.toml"], text)
		}
		pod := job.Spec.Template.Spec
		c := pod.Containers[0]
		mount := c.VolumeMounts[1]
		if pod.Volumes[1].Name != mount.Name || pod.Volumes[1].ConfigMap.Name != config.Name {
			t.Errorf("the config is not mounted: %+v", pod)
		}
		for key, value := range config.Data {
			if err := os.WriteFile(filepath.Join(volume, key), []byte(value), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		for _, index := range []string{"0", "2"} {
			args := expanded(c.Args, index)
			args[1] = strings.TrimPrefix(args[1], mount.MountPath+"/")
			output(t, volume, fpsgd, args...)
		}
		list := output(t, volume, fpsgd, "sweep", "-o", "runs/it's $(HOME) $$", "--list")
		if got := bytes.Count(list, []byte(" done\n")); got != 2 {
			t.Errorf("%d points are done:\n%s", got, list)
		}
		if err := os.RemoveAll(filepath.Join(volume, "runs")); err != nil {
			t.Fatal(err)
		}
	}
}

const well = `
[landscape]
formula = "1 + x^2"
[noise]
epsilon = 0.25
[[grid.axes]]
cells = 64
min = -1e3
max = 1e3
spacing = "sinh"
width = 1
`
