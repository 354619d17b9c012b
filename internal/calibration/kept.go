package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A kept result is one of an earlier command, so that the page can be made again without
// simulating all of it. Nothing tells whether the code has changed since.
type kept struct {
	Runs   int
	Head   []string
	Result result
}

// shelf is a file of kept results by the titles of their experiments.
type shelf map[string]kept

// openShelf reads a shelf; one that is not there yet is empty.
func openShelf(path string) (shelf, error) {
	data, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return shelf{}, nil
	}
	if err != nil {
		return nil, err
	}
	s := shelf{}
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read kept results of %s: %w", path, err)
	}
	return s, nil
}

// take returns the result of an experiment that was done with just as many runs.
func (s shelf) take(one experiment, runs int) (result, error) {
	k, ok := s[one.title]
	if !ok || k.Runs != runs || !slices.Equal(k.Head, one.head) {
		return result{}, fmt.Errorf("take %q from the kept results: want one of %d runs with today's columns; do it first", one.title, runs)
	}
	return k.Result, nil
}

// write does nothing without a path.
func (s shelf) write(path string) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
