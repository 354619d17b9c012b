package report

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// A Companion is a file that is written beside the report and shares its name
// up to the extension.
type Companion struct {
	Extension string // such as ".hlog"
	Write     func(io.Writer) error
}

// Save writes r and its companions into the folder dir, which is made if need
// be, and returns their paths, that of the report first. It fills in r.Files.
//
// The name is load_test_report_, or load_test_merged_ of one that was merged, and the
// start of the run in UTC; where that is
// taken, _2 is added, or _3. Nothing is ever overwritten, also not by runs that
// save at the same moment. Files appear whole or not at all, and the report
// last: who sees it sees all of them. Where a companion cannot be written, the
// report is written without any: both are returned then, paths and an error.
func Save(dir string, r *Report, companions ...Companion) ([]string, error) {
	return disk{createNew}.save(dir, r, companions)
}

// A disk makes files that do not exist yet. Tests have one that is full.
type disk struct {
	create func(path string) (file, error)
}

// A file is as much of an os.File as writing takes.
type file interface {
	io.WriteCloser
	Sync() error
}

func createNew(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
}

func (d disk) save(dir string, r *Report, companions []Companion) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for reports: %w", err)
	}
	before := r.Files
	stem := "load_test_report_"
	if len(r.Merged) > 0 { // not to be merged again with what it was made of, by one pattern
		stem = "load_test_merged_"
	}
	stem += r.Run.StartedAt.UTC().Format("20060102_150405")
	for n := 1; ; n++ {
		name := stem
		if n > 1 {
			name += "_" + strconv.Itoa(n)
		}
		paths, taken, err := d.saveAs(dir, name, r, companions)
		if taken {
			continue
		}
		if err != nil && len(companions) > 0 { // the report matters most: without them it may fit
			if paths, alone := d.save(dir, r, nil); alone == nil {
				return paths, fmt.Errorf("save what goes beside the report: %w", err)
			}
		}
		if err != nil {
			r.Files = before
			return nil, fmt.Errorf("save the report: %w", err)
		}
		return paths, nil
	}
}

// saveAs writes all files under one name, or none.
func (d disk) saveAs(dir, name string, r *Report, companions []Companion) (paths []string, taken bool, err error) {
	files := append([]Companion{{".json", func(w io.Writer) error { return Encode(w, r) }}}, companions...)
	r.Files = nil
	for _, f := range files {
		r.Files = append(r.Files, name+f.Extension)
		paths = append(paths, filepath.Join(dir, name+f.Extension))
	}
	if anyExists(paths) {
		return nil, true, nil
	}
	drafts := make([]string, len(files))
	defer func() { removeAll(drafts) }()
	for i, f := range files {
		drafts[i] = filepath.Join(dir, "."+r.Files[i]+"."+rand.Text()+".tmp")
		if err := d.write(drafts[i], f); err != nil {
			return nil, false, err
		}
	}
	taken, err = publish(drafts, paths)
	return paths, taken, err
}

// write writes one file and waits until the disk has it.
func (d disk) write(path string, c Companion) (err error) {
	f, err := d.create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriter(f)
	if err := c.Write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// publish gives all drafts their names, the first one last, or none of them.
func publish(drafts, paths []string) (taken bool, err error) {
	for i := len(paths) - 1; i >= 0; i-- {
		if err := rename(drafts[i], paths[i]); err != nil {
			removeAll(paths[i+1:])
			return errors.Is(err, fs.ErrExist), err
		}
	}
	syncFolder(filepath.Dir(paths[0]))
	return false, nil
}

// syncFolder makes the names last too, where the system can.
func syncFolder(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

// rename gives a file its name unless that is taken, which os.Rename would not
// notice. Where the file system has no hard links, the name is reserved first.
func rename(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	reserved, err := createNew(to)
	if err != nil {
		return err
	}
	if err := errors.Join(reserved.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

func anyExists(paths []string) bool {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}

// removeAll removes what there is of the files; what is left cannot be helped.
func removeAll(paths []string) {
	for _, path := range paths {
		_ = os.Remove(path)
	}
}
