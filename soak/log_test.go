package soak

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// opened is a log in a folder of its own, and what it has said.
func opened(t *testing.T) (l *Log, path string, said *[]string) {
	t.Helper()
	path, said = filepath.Join(t.TempDir(), "a.log"), new([]string)
	l, err := OpenLog(path, Logfmt, func(text string) { *said = append(*said, text) })
	require.NoError(t, err)
	t.Cleanup(l.Close)
	return l, path, said
}

// logged are the kinds of the events in a file.
func logged(t *testing.T, path string) (kinds []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		_, rest, ok := strings.Cut(line, "event=")
		kind, end, _ := strings.Cut(rest, " ")
		require.True(t, ok && strings.HasSuffix(end, "\n"), "%q", line)
		kinds = append(kinds, kind)
	}
	return kinds
}

func event(kind string) Event { return Event{At: time.Unix(0, 0), Run: "r", Kind: kind} }

func TestALogIsAppendedTo(t *testing.T) {
	l, path, _ := opened(t)
	l.Event(event("a"))
	l.Close()
	again, err := OpenLog(path, Logfmt, nil)
	require.NoError(t, err)
	require.Equal(t, "1970-01-01T00:00:00Z run=r event=b t=0s", again.Event(event("b")))
	again.Close()
	require.Equal(t, []string{"a", "b"}, logged(t, path))
}

func TestALogIsRotated(t *testing.T) {
	tests := []struct {
		name         string
		rotate       func(t *testing.T, l *Log, path string)
		first, later []string // kinds in path.1, if any, and in path
	}{
		{"renamed, and noticed", func(t *testing.T, _ *Log, path string) {
			require.NoError(t, os.Rename(path, path+".1"))
		}, []string{"a"}, []string{"b"}},
		{"renamed, made anew, and noticed", func(t *testing.T, _ *Log, path string) {
			require.NoError(t, os.Rename(path, path+".1"))
			require.NoError(t, os.WriteFile(path, nil, 0o600))
		}, []string{"a"}, []string{"b"}},
		{"renamed, and told", func(t *testing.T, l *Log, path string) {
			require.NoError(t, os.Rename(path, path+".1"))
			l.Reopen()
		}, []string{"a"}, []string{"b"}},
		{"told for nothing", func(_ *testing.T, l *Log, _ string) { l.Reopen() }, nil, []string{"a", "b"}},
		{"copied and truncated", func(t *testing.T, _ *Log, path string) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+".1", text, 0o600))
			require.NoError(t, os.Truncate(path, 0))
		}, []string{"a"}, []string{"b"}},
		{"removed", func(t *testing.T, _ *Log, path string) { require.NoError(t, os.Remove(path)) }, nil, []string{"b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, path, said := opened(t)
			l.Event(event("a"))
			tt.rotate(t, l, path)
			l.Event(event("b"))
			if tt.first != nil {
				require.Equal(t, tt.first, logged(t, path+".1"))
			}
			require.Equal(t, tt.later, logged(t, path))
			require.Empty(t, *said)
		})
	}
}

// A log that cannot be written is said once, and again when it can be.
func TestALogThatCannotBeWritten(t *testing.T) {
	l, path, said := opened(t)
	l.Event(event("a"))
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700)) // nobody can write to a folder
	l.Event(event("b"))
	l.Event(event("c"))
	require.Len(t, *said, 1)
	require.Contains(t, (*said)[0], "the log cannot be written, and the run goes on without: open "+path)
	require.NoError(t, os.Remove(path))
	l.Event(event("d"))
	require.Equal(t, []string{"d"}, logged(t, path))
	require.Equal(t, "the log is written again; lines lost: 2", (*said)[1])
	l.Event(event("e"))
	require.Len(t, *said, 2)
}

// What was cut off within a line, by a full disk or a kill, costs that line alone.
func TestATornLineStandsByItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	require.NoError(t, os.WriteFile(path, []byte("1970-01-01T00:00:00Z run=r event=a t=0s\n1970-01-01T00:0"), 0o600))
	l, err := OpenLog(path, Logfmt, nil)
	require.NoError(t, err)
	l.Event(event("b"))
	l.Event(event("c"))
	l.Close()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1970-01-01T00:00:00Z run=r event=a t=0s\n1970-01-01T00:0\n1970-01-01T00:00:00Z run=r event=b t=0s\n1970-01-01T00:00:00Z run=r event=c t=0s\n", string(text))
}

func TestALogThatCannotBeOpened(t *testing.T) {
	_, err := OpenLog(filepath.Join(t.TempDir(), "no", "a.log"), Logfmt, nil)
	require.ErrorContains(t, err, "open the log: open ")
}
