package config

import (
	"fmt"
	"os"
	"sync"
)

// contents are the files that a config names, each read once: what is computed with is what is
// recorded, whoever replaces the file.
type contents struct {
	mu    sync.Mutex
	files map[string][]byte
}

// ReadFile returns the content of a file that the config names, as it was when it was first read.
// One of more bytes than most is refused before it is read.
func (c *Config) ReadFile(path string, most int64) ([]byte, error) {
	k := c.source.contents
	k.mu.Lock()
	defer k.mu.Unlock()
	if content, ok := k.files[path]; ok {
		return content, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading an array: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading an array: %s is not a file; give the path of an .npy file",
			path)
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes, and no array of this grid has more than %d "+
			"(give one of its shape)", path, info.Size(), most)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading an array: %w", err)
	}
	k.files[path] = content
	return content, nil
}

// Forget gives back the memory that the contents of files take. What is read after it is read anew.
func (c *Config) Forget() {
	k := c.source.contents
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.files)
}
