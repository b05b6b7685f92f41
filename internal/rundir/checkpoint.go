package rundir

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/program"
)

// Origin is what a checkpoint is a part of.
type Origin struct {
	ID       string // of the run
	Program  program.Identity
	Resolved []byte                     // resolved.toml
	Files    map[string]atomicfile.Info // what the run had written by then for good
}

// checkpointFormat is the first line of a checkpoint.
const checkpointFormat = "fpsgd checkpoint 3\n"

// errChecksum tells of a checkpoint that is not what was written.
var errChecksum = errors.New("it does not agree with its SHA-256")

// InPieces is a state that is written, and read, by several calls of gob: each takes memory of its
// own.
type InPieces interface {
	Save(*gob.Encoder) error
	Load(*gob.Decoder) error
}

// WriteCheckpoint writes the checkpoint: where the run comes from, and what goes on from it, by
// gob; and the SHA-256 of that. Files that are leaving are no part of it.
func (d *Dir) WriteCheckpoint(p program.Identity, resolved []byte, state any) error {
	o := Origin{ID: d.Manifest.ID, Program: p, Resolved: resolved,
		Files: map[string]atomicfile.Info{}}
	d.mu.Lock()
	for rel, info := range d.files {
		if !again(rel) && !ofRequest(rel) && !d.leaving[rel] {
			o.Files[rel] = info
		}
	}
	d.mu.Unlock()
	d.saving.Lock()
	defer d.saving.Unlock()
	return d.WriteFile(CheckpointFile,
		func(w io.Writer) error { return encodeCheckpoint(w, o, state) })
}

// again reports whether a run writes a file more than once.
func again(rel string) bool {
	switch rel {
	case TimesFile, SeriesCSV, SeriesNpz, SummaryFile, CheckpointFile, BallastFile:
		return true
	}
	return strings.HasPrefix(rel, "plots/")
}

// ofRequest reports whether a file tells what was asked for, which may become more when a run is
// gone on with.
func ofRequest(rel string) bool { return rel == ConfigFile || rel == ResolvedFile }

func encodeCheckpoint(w io.Writer, o Origin, state any) error {
	sum := sha256.New()
	hashed := io.MultiWriter(w, sum)
	_, err := io.WriteString(hashed, checkpointFormat)
	encoder := gob.NewEncoder(hashed)
	err = cmp.Or(err, encoder.Encode(o))
	if pieces, ok := state.(InPieces); ok {
		err = cmp.Or(err, pieces.Save(encoder))
	} else {
		err = cmp.Or(err, encoder.Encode(state))
	}
	if err != nil {
		return err
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// ReadCheckpoint reads the checkpoint of the run into state. None, or that of another run, is
// fs.ErrNotExist.
func (d *Dir) ReadCheckpoint(state any) (Origin, error) {
	content, err := readRegular(d.root, filepath.FromSlash(CheckpointFile), math.MaxInt64-1)
	if err != nil {
		return Origin{}, err
	}
	o, err := decodeCheckpoint(content, state)
	if err != nil {
		return Origin{}, fmt.Errorf("%q is damaged: %w", filepath.Join(d.path, CheckpointFile), err)
	}
	if o.ID != d.Manifest.ID {
		return Origin{}, fmt.Errorf("%q is of another run: %w",
			filepath.Join(d.path, CheckpointFile), fs.ErrNotExist)
	}
	return o, nil
}

func decodeCheckpoint(content []byte, state any) (o Origin, err error) {
	body, ok := bytes.CutPrefix(content, []byte(checkpointFormat))
	if !ok || len(body) < sha256.Size {
		return o, errors.New("it does not begin as a checkpoint of this program")
	}
	if sum := sha256.Sum256(content[:len(content)-sha256.Size]); !bytes.Equal(sum[:],
		content[len(content)-sha256.Size:]) {
		return o, errChecksum
	}
	decoder := gob.NewDecoder(bytes.NewReader(body[:len(body)-sha256.Size]))
	if err := decoder.Decode(&o); err != nil {
		return o, err
	}
	if pieces, ok := state.(InPieces); ok {
		return o, pieces.Load(decoder)
	}
	return o, decoder.Decode(state)
}

// checkTrailer holds a checkpoint against its SHA-256 alone.
func checkTrailer(root *os.Root) error {
	f, size, err := openRegular(root, filepath.FromSlash(CheckpointFile))
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.CopyN(sum, f, size-sha256.Size)
	if trailer, err2 := io.ReadAll(f); cmp.Or(err, err2) != nil ||
		!bytes.Equal(sum.Sum(nil), trailer) {
		return errChecksum
	}
	return nil
}

// unread are the files of a run that nothing in this program reads: their owner may change them.
var unread = []string{ConfigFile, LoaderFile}

// Edited lists those of the files that this program does not read which are there, and are not what
// was written.
func (d *Dir) Edited() (edited []string, err error) {
	var written []File
	d.mu.Lock()
	for _, rel := range unread {
		if info, ok := d.files[rel]; ok {
			written = append(written, File{rel, info})
		}
	}
	d.mu.Unlock()
	differ, err := differences(d.root, written)
	for _, p := range differ {
		if p.Kind != Missing {
			edited = append(edited, p.Path)
		}
	}
	return edited, err
}

// Adopt prepares to go on from a checkpoint. Files that it lists are to be what they were then, but
// for those that are never read, and count as written; all others, which the rest of the run writes
// again, as planned.
func (d *Dir) Adopt(o Origin) error {
	kept := map[string]atomicfile.Info{}
	maps.Copy(kept, o.Files)
	for _, rel := range []string{ConfigFile, ResolvedFile, LoaderFile} {
		if info, ok := d.files[rel]; ok {
			kept[rel] = info
		}
	}
	var read []File
	for _, rel := range slices.Sorted(maps.Keys(kept)) {
		if !validName(rel) {
			return fmt.Errorf("the checkpoint of %s lists %q, which is no file of a run", d.path,
				rel)
		}
		if !slices.Contains(unread, rel) {
			read = append(read, File{rel, kept[rel]})
		}
	}
	wrong, err := differences(d.root, read)
	if err != nil {
		return fmt.Errorf("resuming %s: %w", d.path, err)
	}
	if len(wrong) > 0 {
		var texts []string
		for _, p := range wrong {
			texts = append(texts, p.String())
		}
		return fmt.Errorf("%s is not what its checkpoint has been a part of: %s: use --force to "+
			"start anew", d.path, strings.Join(texts, "; "))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, rel := range d.Manifest.names() {
		d.planned[rel] = false
	}
	clear(d.files)
	for rel, info := range kept {
		d.files[rel] = info
		delete(d.planned, rel)
	}
	return d.save(Running)
}

// SumOf is the SHA-256 of a content as manifests have it.
func SumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
