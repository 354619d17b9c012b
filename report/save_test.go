package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// note is a companion that says something.
func note(extension, text string) Companion {
	return Companion{extension, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}}
}

// names returns what a folder holds, hidden files too.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "down")
	r := burst()
	paths, err := Save(dir, r, note(".hlog", "log"), note(".txt", "text"))
	require.NoError(t, err)
	const stem = "load_test_report_20251214_090212"
	require.Equal(t, []string{stem + ".json", stem + ".hlog", stem + ".txt"}, r.Files)
	require.Equal(t, []string{filepath.Join(dir, r.Files[0]), filepath.Join(dir, r.Files[1]), filepath.Join(dir, r.Files[2])}, paths)
	require.ElementsMatch(t, r.Files, names(t, dir))
	again, err := ReadFile(paths[0])
	require.NoError(t, err)
	require.Equal(t, r, again)
	info, err := os.Stat(paths[0])
	require.NoError(t, err)
	require.NotZero(t, info.Mode().Perm()&0o040, "a report is for others too")
}

func TestSaveNeverOverwrites(t *testing.T) {
	const stem = "load_test_report_20251214_090212"
	tests := []struct{ name, there, want string }{
		{"nothing is there", "unlike.json", stem},
		{"a report is there", stem + ".json", stem + "_2"},
		{"only its log is there", stem + ".hlog", stem + "_2"},
		{"a folder has the name", stem + ".json/inner", stem + "_2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			there := filepath.Join(dir, test.there)
			require.NoError(t, os.MkdirAll(filepath.Dir(there), 0o755))
			require.NoError(t, os.WriteFile(there, []byte("mine"), 0o600))
			paths, err := Save(dir, burst(), note(".hlog", "log"))
			require.NoError(t, err)
			require.Equal(t, []string{filepath.Join(dir, test.want+".json"), filepath.Join(dir, test.want+".hlog")}, paths)
			text, err := os.ReadFile(there)
			require.NoError(t, err)
			require.Equal(t, "mine", string(text))
		})
	}
}

// Runs of the same second that end at the same moment must not meet under one
// name: each finds its own report, with its own log, beside it.
func TestSaveAtTheSameMoment(t *testing.T) {
	dir := t.TempDir()
	const runs = 16
	all := make([][]string, runs)
	errs := make([]error, runs)
	var wait sync.WaitGroup
	for i := range runs {
		wait.Go(func() {
			r := burst()
			r.Run.Scenario = fmt.Sprint("run ", i)
			companions := []Companion{note(".hlog", r.Run.Scenario)}
			all[i], errs[i] = Save(dir, r, companions[:i%2]...) // some have a log, some do not
		})
	}
	wait.Wait()
	for i := range runs {
		require.NoError(t, errs[i])
		r, err := ReadFile(all[i][0])
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("run ", i), r.Run.Scenario)
		for _, path := range all[i][1:] {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, r.Run.Scenario, string(text))
		}
	}
	require.Len(t, names(t, dir), runs+runs/2)
}

// full is a file on a disk that takes so many bytes and no more.
type full struct {
	*os.File
	left int
}

func (f *full) Write(p []byte) (int, error) {
	n, err := f.File.Write(p[:min(len(p), f.left)])
	f.left -= n
	if err == nil && n < len(p) {
		err = &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	return n, err
}

func TestSaveOnAFullDiskLeavesNothing(t *testing.T) {
	for _, room := range []int{0, 1, 5_000, 40_000} {
		t.Run(fmt.Sprint("room for ", room), func(t *testing.T) {
			dir := t.TempDir()
			d := disk{func(path string) (file, error) {
				f, err := os.Create(path)
				return &full{f, room}, err
			}}
			r := burst()
			before := slices.Clone(r.Files)
			paths, err := d.save(dir, r, []Companion{note(".hlog", "log")})
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.ErrorContains(t, err, "save the report: ")
			require.Empty(t, paths)
			require.Empty(t, names(t, dir))
			require.Equal(t, before, r.Files, "the report does not name files that are not there")
		})
	}
}

func TestSaveWhereItCannot(t *testing.T) {
	inTheWay := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	_, err := Save(inTheWay, burst())
	require.ErrorContains(t, err, "make the folder for reports: mkdir "+inTheWay+": not a directory")
	_, err = Save(filepath.Join(inTheWay, "below"), burst())
	require.ErrorContains(t, err, "not a directory")

	readOnly := disk{func(path string) (file, error) {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EROFS}
	}}
	dir := t.TempDir()
	_, err = readOnly.save(dir, burst(), nil)
	require.ErrorIs(t, err, syscall.EROFS)
	require.Empty(t, names(t, dir))
}

// What goes beside the report may fail, or not fit; the report is what CI reads.
func TestTheReportSurvivesItsCompanions(t *testing.T) {
	dir := t.TempDir()
	r := burst()
	paths, err := Save(dir, r, Companion{".hlog", func(io.Writer) error { return errBroken }})
	require.ErrorIs(t, err, errBroken)
	require.Len(t, paths, 1)
	require.Equal(t, r.Files, names(t, dir))
	_, err = ReadFile(paths[0])
	require.NoError(t, err)
}

func TestRenameWithoutHardLinks(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	require.NoError(t, os.Mkdir(from, 0o755)) // folders have no hard links
	require.Error(t, rename(from, to), "a folder does not replace a file")
	require.NoFileExists(t, to)
	require.ErrorIs(t, rename(filepath.Join(dir, "none"), from), os.ErrExist)
}

func TestEncodeReportsAFullDisk(t *testing.T) {
	r := burst()
	require.ErrorContains(t, Encode(errorWriter{}, r), "write report 20251214_090212: the cable is broken")
	r.Totals.Rate = ptr(zero() / zero())
	require.ErrorContains(t, Encode(new(bytes.Buffer), r), "encode report 20251214_090212: ")
}

func zero() float64 { return 0 }

type errorWriter struct{}

func (errorWriter) Write([]byte) (int, error) { return 0, errBroken }
