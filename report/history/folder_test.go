package history

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

func TestAnIndexMadeAgainIsTheOneThatWasAppended(t *testing.T) {
	dir := t.TempDir()
	charged, silent := run(1, 10_000), run(2, 100)
	charged.Totals.Latency.Charged = []string{"p50", "p95", "p99", "p99_9", "max"}
	silent.Totals, silent.Objectives, silent.Intervals, silent.Verdict, silent.Validity.Valid = report.Totals{}, nil, nil, "INVALID", false
	all := []*report.Report{run(0, 100), charged, silent}
	for i, path := range save(t, dir, all...) {
		require.NoError(t, Append(path, all[i]))
	}
	appended, known := index(t, dir), look(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, File)))
	require.Equal(t, known, look(t, dir))
	require.Equal(t, appended, index(t, dir))
	require.Equal(t, []string{"history.ndjson", "load_test_report_20251214_090212.json", "load_test_report_20251214_090312.json", "load_test_report_20251214_090412.json"}, names(t, dir))
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// An index that is there is left as it is, whatever is in it.
func TestAnIndexIsNeverOverwritten(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, run(0, 100))
	require.NoError(t, os.WriteFile(filepath.Join(dir, File), []byte("torn"), 0o600))
	v := look(t, dir)
	require.Len(t, v.Rows, 1)
	require.Equal(t, 1, v.Foreign)
	require.Equal(t, "torn", index(t, dir))
}

func TestTheFilesDecideAndNotTheIndex(t *testing.T) {
	dir := t.TempDir()
	all := []*report.Report{run(0, 100), run(1, 110), run(2, 120)}
	paths := save(t, dir, all...)
	for i, path := range paths {
		require.NoError(t, Append(path, all[i]))
	}
	require.NoError(t, os.Remove(paths[0]))
	was, err := os.Stat(paths[1])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(paths[1], encoded(t, run(1, 999.5)), 0o600))
	require.NoError(t, os.Chtimes(paths[1], was.ModTime(), was.ModTime())) // its size tells
	v := look(t, dir)
	require.Len(t, v.Rows, 2)
	require.InDelta(t, 120, *v.Rows[0].P95, 0)
	require.InDelta(t, 999.5, *v.Rows[1].P95, 0)
	require.Nil(t, v.Row(filepath.Base(paths[0])))
	require.Equal(t, &v.Rows[1], v.Row(filepath.Base(paths[1])))
}

func TestAFolderThatChangesIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir)
	require.NoError(t, err)
	defer f.Close()
	for n := range 4 {
		v, err := f.Sync(t.Context(), 2)
		require.NoError(t, err)
		require.Len(t, v.Rows, n)
		save(t, dir, run(n, 100))
	}
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(dir, old, old)) // so that its time tells
	before, err := f.Sync(t.Context(), 2)
	require.NoError(t, err)
	same, err := f.Sync(t.Context(), 2)
	require.NoError(t, err)
	require.Same(t, before, same)
}

func TestWhatThereIsNoTimeForIsReadLater(t *testing.T) {
	dir := t.TempDir()
	for n := range 5 {
		save(t, dir, run(n, 100))
	}
	f, err := Open(dir)
	require.NoError(t, err)
	defer f.Close()
	for i, want := range []View{{Unread: 3}, {Unread: 1}, {}} {
		v, err := f.Sync(t.Context(), 2)
		require.NoError(t, err)
		require.Equal(t, want.Unread, v.Unread)
		require.Len(t, v.Rows, 5-want.Unread)
		require.Equal(t, "20251214_090612", v.Rows[0].Run) // the newest first
		require.Equal(t, i == 2, exists(filepath.Join(dir, File)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	save(t, dir, run(9, 100))
	_, err = f.Sync(ctx, 2)
	require.ErrorIs(t, err, context.Canceled)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestUnreadableReportsAreListedWithWhy(t *testing.T) {
	good := string(encoded(t, run(0, 100)))
	lie := run(0, 100)
	lie.Verdict, lie.ExitCode = "GO", 0
	deep := strings.Repeat("[", 1<<20)
	tests := []struct{ name, text, why string }{
		{"empty", "", "is empty"},
		{"cut short", good[:len(good)/2], "ends in the middle"},
		{"cut short at the end", strings.TrimSuffix(strings.TrimSpace(good), "}"), "ends in the middle"},
		{"a list", "[1,2]", "want an object"},
		{"a number", "7", "want an object"},
		{"no JSON", "<html>", "is not JSON: invalid character"},
		{"another document", `{"kind":"load"}`, "is JSON and not a report"},
		{"a report of tomorrow", strings.Replace(good, `"schema_version": 1`, `"schema_version": 9`, 1), "use a newer gonogo"},
		{"a comparison", strings.Replace(good, `"kind": "load"`, `"kind": "comparison"`, 1), `kind "comparison"`},
		{"a verdict of another kind", strings.Replace(good, `"verdict": "CONDITIONAL-GO"`, `"verdict": "MAYBE"`, 1), "which is none"},
		{"a GO that nothing bears", string(encoded(t, lie)), "is GO, which its objectives"},
		{"a figure of the wrong kind", strings.Replace(good, `"requests": 720418`, `"requests": "many"`, 1), "totals: json: cannot unmarshal"},
		{"a figure below zero", strings.Replace(good, `"success_rate": 99.92`, `"success_rate": -1`, 1), "figures that no run can have"},
		{"a start in no year", strings.Replace(good, `"started_at": "2025`, `"started_at": "0001`, 1), "when it started"},
		{"intervals that are none", strings.Replace(good, `"intervals": [`, `"intervals": 7, "then": [`, 1), "want an array"},
		{"objectives without end", strings.Replace(good, `"objectives": [`, `"objectives": [`+strings.Repeat("{},", mostPart/2), 1), "objectives is longer than 1 MiB"},
		{"an abyss", strings.Replace(good, `"steps": null`, `"steps": `+deep, 1), "exceeded max depth"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			const name = "load_test_report_20251214_090212.json"
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(test.text), 0o600))
			v := look(t, dir)
			require.Empty(t, v.Rows)
			require.Len(t, v.Unreadable, 1)
			require.Equal(t, name, v.Unreadable[0].File)
			require.Contains(t, v.Unreadable[0].Why, test.why)
			require.False(t, exists(filepath.Join(dir, File)))
		})
	}
}

func TestAReportWithoutEndIsNotReadToIt(t *testing.T) {
	_, err := scan(io.MultiReader(strings.NewReader(`{"steps":"`), endless{}))
	require.EqualError(t, err, "is larger than 64 MiB: no report of gonogo is")
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestOnlyReportsOfTheFolderAreOpened(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	secret := save(t, outside, run(0, 100))[0]
	inside := save(t, dir, run(1, 100))[0]
	link := func(to, stamp string) string {
		name := "load_test_report_" + stamp + ".json"
		require.NoError(t, os.Symlink(to, filepath.Join(dir, name)))
		return name
	}
	out := link(secret, "20251214_100000")
	in := link(filepath.Base(inside), "20251214_100001")
	gone := link("nowhere", "20251214_100002")
	const folder = "load_test_report_20251214_100003.json"
	require.NoError(t, os.Mkdir(filepath.Join(dir, folder), 0o700))
	v := look(t, dir)
	require.Len(t, v.Rows, 2)
	require.Equal(t, in, v.Rows[0].File)
	require.Len(t, v.Unreadable, 3)
	require.Equal(t, Unreadable{folder, "is no regular file"}, v.Unreadable[0])
	require.Equal(t, gone, v.Unreadable[1].File)
	require.Equal(t, Unreadable{out, "openat " + out + ": path escapes from parent"}, v.Unreadable[2])
}

func TestOpenSaysWhyItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file)
	require.EqualError(t, err, "open the folder of reports: open "+file+": it is a file: want the folder that reports are in")
	_, err = Open(file + "s")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestNamesOfReports(t *testing.T) {
	tests := []struct {
		name string
		want key
		ok   bool
	}{
		{"load_test_report_20251214_090212.json", key{"20251214_090212", 0, 1}, true},
		{"load_test_report_20251214_090212_2.json", key{"20251214_090212", 0, 2}, true},
		{"load_test_merged_20251214_090212.json", key{"20251214_090212", 1, 1}, true},
		{"load_test_report_20251214_090212_17.json", key{"20251214_090212", 0, 17}, true},
		{"load_test_report_20251214_090212_1.json", key{}, false},
		{"load_test_report_20251214_090212_02.json", key{}, false},
		{"load_test_report_20251214_090212_+2.json", key{}, false},
		{"load_test_report_20251214_090212_.json", key{}, false},
		{"load_test_report_20251214_090212_2", key{}, false},
		{"load_test_report_2025121x_090212.json", key{}, false},
		{"load_test_report_20251214-090212.json", key{}, false},
		{"load_test_report_latest.json", key{}, false},
		{".load_test_report_20251214_090212.json.X.tmp", key{}, false},
		{"../load_test_report_20251214_090212.json", key{}, false},
		{"load_test_report_20251214_090212.json/", key{}, false},
		{"history.ndjson", key{}, false},
		{"", key{}, false},
		{"load_test_report_20251214_090212_" + strings.Repeat("9", 100) + ".json", key{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, ok := keyOf(test.name)
			require.Equal(t, test.ok, ok)
			require.Equal(t, test.want, k)
		})
	}
}

// A crowd is a folder of many files, of which every other one is a report.
type crowd struct{ at, names int }

func (c *crowd) Readdirnames(n int) (all []string, err error) {
	for ; len(all) < n && c.at < c.names; c.at++ {
		at := time.Unix(int64(1e9)+int64(c.at*7919%c.names), 0).UTC() // in no order
		name := "load_test_report_" + at.Format("20060102_150405") + ".json"
		if c.at%2 == 1 {
			name = strings.TrimSuffix(name, "json") + "hlog"
		}
		all = append(all, name)
	}
	if len(all) == 0 {
		err = io.EOF
	}
	return all, err
}

func TestTheNewestOfAHundredThousandNames(t *testing.T) {
	const all = 100_000
	found, older, err := newest(t.Context(), &crowd{names: all}, Most)
	require.NoError(t, err)
	require.Len(t, found, Most)
	require.Equal(t, all/2-Most, older)
	for i, name := range found { // even numbers times 7919, below all: even seconds
		at := time.Unix(int64(1e9)+int64(all-2-2*i), 0).UTC()
		require.Equal(t, "load_test_report_"+at.Format("20060102_150405")+".json", name)
	}
}

func TestAFolderThatCannotBeListedToTheEnd(t *testing.T) {
	_, _, err := newest(t.Context(), broken{}, Most)
	require.EqualError(t, err, "input/output error")
}

type broken struct{}

func (broken) Readdirnames(int) ([]string, error) { return nil, fmt.Errorf("input/output error") }
