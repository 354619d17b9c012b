package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonogo/report"
)

// The bounds of an index: a longer line is none of ours, and what lies before the last
// mostBytes is older than what is shown.
const (
	mostLine  = 16 << 10
	mostBytes = 64 << 20
)

// Append adds the line of a report that was saved under a path to the index beside it.
//
// It is one write at the end of the file, so that runs that end in the same moment do not
// mix their lines. What is lost in a crash is found again by whoever reads the folder.
func Append(path string, r *report.Report) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("append to %s: %w", File, err)
	}
	row := factsOf(r).row()
	row.is(filepath.Base(path), info)
	line, err := row.line()
	if err != nil {
		return fmt.Errorf("append to %s: %w", File, err)
	}
	if err := appendTo(filepath.Join(filepath.Dir(path), File), line); err != nil {
		return fmt.Errorf("append to %s: %w", File, err)
	}
	return nil
}

// is notes which file the row is of.
func (r *Row) is(name string, info os.FileInfo) {
	r.File, r.Size, r.Modified = name, info.Size(), info.ModTime().UTC()
}

// line is the row as text, with the line break.
func (r *Row) line() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // targets are full of "<"
	err := e.Encode(r)
	return text.Bytes(), err
}

func appendTo(path string, line []byte) (err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it is no regular file") // a pipe would never end
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if torn(f) {
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(line)
	return err
}

// torn tells whether the last line has no end: the rest of it was lost.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	last := []byte{0}
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// Read reads the lines of an index, the last one of a file where there are several. Torn
// and foreign lines are counted and passed over. It takes up to 64 MiB, and keeps the rows
// of the newest reports, at most Most.
func Read(from io.Reader) (rows []Row, foreign int, err error) {
	in := bufio.NewReaderSize(io.LimitReader(from, mostBytes), mostLine)
	known := map[string]Row{}
	for {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, fmt.Errorf("read %s: %w", File, err)
		}
		line = bytes.TrimSpace(line)
		row, ok := parse(line)
		switch {
		case ok && !long:
			known[row.File] = row
		case long || len(line) > 0:
			foreign++
		}
		if len(known) >= 2*Most {
			keepNewest(known)
		}
		if err != nil {
			keepNewest(known)
			return newestFirst(known), foreign, nil
		}
	}
}

// parse reads a line; it takes none that is not whole and ours.
func parse(line []byte) (r Row, ok bool) {
	if len(line) == 0 || json.Unmarshal(line, &r) != nil {
		return Row{}, false
	}
	_, named := keyOf(r.File)
	if r.Version != Version || !named || !r.sound() {
		return Row{}, false
	}
	r.calm()
	return r, true
}

// sound tells whether the figures can be ones of ours.
func (r *Row) sound() bool {
	for _, v := range append([]*float64{&r.Duration, r.SuccessRate, r.Rate, r.P50, r.P95, r.P99, r.P95Limit, r.SuccessLimit}, r.Spark...) {
		if v != nil && !(*v >= 0 && *v <= math.MaxFloat32) {
			return false
		}
	}
	return isVerdict(r.Verdict) && isKind(r.Kind) && r.Requests >= 0 && len(r.Spark) <= mostSpark && len(r.Charged) <= 3 && sensible(r.StartedAt)
}

func isVerdict(text string) bool {
	return slices.Contains([]string{"GO", "CONDITIONAL-GO", "INCONCLUSIVE", "NO-GO", "INVALID"}, text)
}

func isKind(text string) bool {
	return slices.Contains([]string{report.KindLoad, report.KindSoak, report.KindCapacity}, text)
}
