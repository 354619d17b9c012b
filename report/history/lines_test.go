package history

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

// appender makes this test program append its lines instead of testing: see
// TestProcessesAppendAtOnce.
const appender = "HISTORY_TEST_APPENDER"

func TestMain(m *testing.M) {
	if path := os.Getenv(appender); path != "" {
		for i := range 50 {
			if err := Append(path, run(i, 100)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		return
	}
	os.Exit(m.Run())
}

func TestAppendedLinesAreRead(t *testing.T) {
	dir := t.TempDir()
	all := []*report.Report{run(0, 100), run(1, 110), run(2, 120)}
	for i, path := range save(t, dir, all...) {
		require.NoError(t, Append(path, all[i]))
	}
	require.Equal(t, 3, strings.Count(index(t, dir), "\n"))
	rows, foreign, err := Read(strings.NewReader(index(t, dir)))
	require.NoError(t, err)
	require.Zero(t, foreign)
	var runs []string
	for _, r := range rows {
		runs = append(runs, r.Run)
	}
	require.Equal(t, []string{"20251214_090412", "20251214_090312", "20251214_090212"}, runs)
}

func TestTornAndForeignLinesArePassedOver(t *testing.T) {
	dir := t.TempDir()
	r := run(0, 100)
	require.NoError(t, Append(save(t, dir, r)[0], r))
	line := strings.TrimSuffix(index(t, dir), "\n")
	tests := []struct {
		name, text    string
		rows, foreign int
	}{
		{"nothing", "", 0, 0},
		{"one without a line break", line, 1, 0},
		{"a torn one before it", line[:200] + "\n" + line, 1, 1},
		{"a torn one behind it", line + "\n" + line[:200], 1, 1},
		{"glued to a torn one", line[:200] + line, 0, 1},
		{"the same run twice", line + "\n" + line + "\n", 1, 0},
		{"blank lines", "\n\n" + line + "\r\n\n", 1, 0},
		{"another version", strings.Replace(line, `"schema_version":1`, `"schema_version":2`, 1), 0, 1},
		{"a file elsewhere", strings.Replace(line, `"load_test_report_`, `"../load_test_report_`, 1), 0, 1},
		{"no verdict of ours", strings.Replace(line, `CONDITIONAL-GO`, `CERTAINLY`, 1), 0, 1},
		{"a figure below zero", strings.Replace(line, `"p95_ms":100`, `"p95_ms":-1`, 1), 0, 1},
		{"a line that never ends", strings.Repeat("x", 3*mostLine) + "\n" + line, 1, 1},
		{"an object that is too long", `{"file":"` + strings.Repeat("x", 3*mostLine) + `"}` + "\n" + line, 1, 1},
		{"a list", "[1]\n", 0, 1},
		{"bytes", "\x00\xff\n" + line, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, foreign, err := Read(strings.NewReader(test.text))
			require.NoError(t, err)
			require.Equal(t, [2]int{test.rows, test.foreign}, [2]int{len(rows), foreign})
		})
	}
}

func TestAppendMendsTheEndOfTheFile(t *testing.T) {
	dir := t.TempDir()
	first, second := run(0, 100), run(1, 100)
	paths := save(t, dir, first, second)
	require.NoError(t, Append(paths[0], first))
	require.NoError(t, os.WriteFile(filepath.Join(dir, File), []byte(index(t, dir)[:100]), 0o600)) // the disk was full
	require.NoError(t, Append(paths[1], second))
	rows, foreign, err := Read(strings.NewReader(index(t, dir)))
	require.NoError(t, err)
	require.Equal(t, [2]int{1, 1}, [2]int{len(rows), foreign})
	require.Equal(t, second.Run.ID, rows[0].Run)
}

func TestAppendSaysWhyItCannot(t *testing.T) {
	dir := t.TempDir()
	r := run(0, 100)
	path := save(t, dir, r)[0]
	require.NoError(t, os.Mkdir(filepath.Join(dir, File), 0o700))
	require.EqualError(t, Append(path, r), "append to history.ndjson: it is no regular file")
	require.ErrorIs(t, Append(filepath.Join(dir, "gone.json"), r), os.ErrNotExist)
}

// Several processes that end at once do not mix their lines.
func TestProcessesAppendAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := save(t, dir, run(0, 100))[0]
	var group sync.WaitGroup
	said := make([]bytes.Buffer, 4)
	failed := make([]error, len(said))
	for i := range said {
		group.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env, cmd.Stderr = append(os.Environ(), appender+"="+path), &said[i]
			failed[i] = cmd.Run()
		})
	}
	group.Wait()
	for i := range said {
		require.NoError(t, failed[i], said[i].String())
	}
	lines := strings.FieldsFunc(index(t, dir), func(r rune) bool { return r == '\n' }) // one more break does no harm
	require.Len(t, lines, 200)
	for _, line := range lines {
		_, ok := parse([]byte(line))
		require.True(t, ok, line)
	}
}

func FuzzRead(f *testing.F) {
	row := factsOf(run(0, 100)).row()
	row.File = "load_test_report_20251214_090212.json"
	line, err := row.line()
	require.NoError(f, err)
	f.Add(line)
	f.Add(append(line[:100:100], line...))
	f.Add([]byte(`{"schema_version":1,"file":"load_test_report_20251214_090212.json","kind":"load","verdict":"GO"}` + "\n[]\n{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, foreign, err := Read(bytes.NewReader(text))
		require.NoError(t, err)
		require.LessOrEqual(t, len(rows)+foreign, bytes.Count(text, []byte("\n"))+1)
		for _, r := range rows { // what was read is read again, the same
			line, err := r.line()
			require.NoError(t, err)
			again, ok := parse(bytes.TrimSpace(line))
			require.True(t, ok, string(line))
			require.Equal(t, r, again)
		}
	})
}
