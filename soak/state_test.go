package soak

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/machine"
)

func TestAFolderKeepsARun(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2025, 12, 13, 17, 0, 0, 0, time.FixedZone("", 3600))
	f, run, err := NewFolder(dir, now)
	require.NoError(t, err)
	require.Equal(t, "20251213_160000", run)
	require.Equal(t, Folder(filepath.Join(dir, "load_test_sustained_20251213_160000")), f)
	require.Equal(t, run, f.Run())
	second, run, err := NewFolder(dir, now)
	require.NoError(t, err)
	require.Equal(t, "20251213_160000_2", run)

	s := &State{Run: "a", Phase: Running, Process: Self(), Instruments: []json.RawMessage{json.RawMessage(`{"x":1}`)}}
	require.NoError(t, f.Save(s))
	read, err := f.State()
	require.NoError(t, err)
	require.Equal(t, s, read)
	l := &Live{Elapsed: 12.5, P95: new(1.5), Strip: Strip{P95: []float64{1, -1}, Err: []float64{0, -1}}}
	require.NoError(t, f.Tell(l))
	told, err := f.Live()
	require.NoError(t, err)
	require.Equal(t, l, told)

	entries, err := os.ReadDir(string(f))
	require.NoError(t, err)
	require.Len(t, entries, 2, "no drafts are left")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "other"), 0o700))
	all, err := Folders(dir)
	require.NoError(t, err)
	require.Equal(t, []Folder{second, f}, all, "the newest first")
	all, err = Folders(string(f))
	require.NoError(t, err)
	require.Equal(t, []Folder{f}, all, "a run's own folder is one")
	_, err = Folders(filepath.Join(dir, "none"))
	require.ErrorContains(t, err, "look for runs: ")
}

func TestAStateThatCannotBeWritten(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "gone"))
	require.ErrorContains(t, f.Save(&State{}), "save the state of the run: ")
	require.ErrorContains(t, f.Tell(&Live{}), "tell how the run goes: ")
	_, _, err := NewFolder(string(f), time.Now())
	require.ErrorContains(t, err, "make the folder of the run: ")
}

func TestCondition(t *testing.T) {
	now := time.Now()
	self := Self()
	later, rebooted, elsewhere := self, self, self
	later.Started += "0"
	rebooted.Boot = "another"
	elsewhere.Host, elsewhere.PID = "elsewhere.example.test", 1
	tests := []struct {
		name    string
		process Process
		phase   Progress
		told    time.Duration // ago; below 0: nothing
		want    Condition
	}{
		{"this process", self, Running, 0, Lives},
		{"this process, which has told nothing yet", self, Running, -1, Lives},
		{"it drains", self, Stopping, 0, Lives},
		{"its number belongs to another one now", later, Running, 0, Dead},
		{"the machine was started anew", rebooted, Running, 0, Dead},
		{"no such process", Process{PID: 1 << 30, Host: self.Host, Boot: self.Boot}, Running, 0, Dead},
		{"no process at all", Process{Host: self.Host, Boot: self.Boot}, Running, 0, Dead},
		{"it has ended, whoever has its number", self, Ended, 0, Finished},
		{"on another machine, heard of just now", elsewhere, Running, 5 * time.Second, Elsewhere},
		{"on another machine, not heard of for long", elsewhere, Running, time.Minute, Dead},
		{"on another machine, never heard of", elsewhere, Running, -1, Dead},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l *Live
			if tt.told >= 0 {
				l = &Live{Updated: now.Add(-tt.told)}
			}
			require.Equal(t, tt.want, (&State{Process: tt.process, Phase: tt.phase}).Condition(l, now))
		})
	}
}

// A process that has ended is dead even while nobody has asked how.
func TestAProcessThatHasEnded(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run", "^$")
	require.NoError(t, cmd.Start())
	p := Self()
	p.PID = cmd.Process.Pid
	p.Started, _ = machine.StartOf(p.PID)
	require.NoError(t, cmd.Wait())
	require.False(t, p.Lives())
}

func TestLinesSince(t *testing.T) {
	var l Live
	for _, line := range []string{"a", "b", "c"} {
		l.Log(line)
	}
	lines, seen := l.Since(0)
	require.Equal(t, []string{"a", "b", "c"}, lines)
	require.Equal(t, 3, seen)
	lines, _ = l.Since(2)
	require.Equal(t, []string{"c"}, lines)
	lines, _ = l.Since(3)
	require.Empty(t, lines)
	lines, seen = l.Since(9)
	require.Empty(t, lines, "of another process")
	require.Equal(t, 3, seen)
	for range 100 {
		l.Log("d")
	}
	lines, _ = l.Since(0)
	require.Len(t, lines, keptLines, "only the last are kept")
}

func TestLimitsOf(t *testing.T) {
	require.Equal(t, Limits{P95: "200ms", Err: "1%"}, LimitsOf(newWorld(t, "p95 < 200ms", "p95{a} < 1s", "p99 < 1s", "success > 99%", "p95 < 5s during ramp").objectives))
	require.Equal(t, Limits{Err: "1%"}, LimitsOf(newWorld(t, "error_rate < 1%").objectives))
	require.Equal(t, Limits{}, LimitsOf(nil))
}

func TestStatesOfOthers(t *testing.T) {
	for text, want := range map[string]string{
		"":              "unexpected end of JSON input",
		"[]":            "cannot unmarshal array",
		"{}":            "want version 1, got 0",
		`{"version":2}`: "want version 1, got 2",
	} {
		f := Folder(t.TempDir())
		require.NoError(t, os.WriteFile(filepath.Join(string(f), stateName), []byte(text), 0o600))
		_, err := f.State()
		require.ErrorContains(t, err, want)
	}
}

// Whatever a file holds, reading it never fails in another way than with an error,
// and what it says of a process can be asked.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"run":"a","process":{"pid":1,"started":"5","boot":"x","host":"y"},"state":"running"}`), []byte(`{"updated_at":"2025-12-13T16:00:00Z","t_s":1}`))
	f.Add([]byte(`{"version":1,"process":{"pid":-1},"instruments":[null,{}]}`), []byte(`{"strip":{"p95_ms":[1,-1]},"logged":-5}`))
	f.Add([]byte("{"), []byte("null"))
	dir := Folder(f.TempDir())
	f.Fuzz(func(t *testing.T, state, live []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(string(dir), stateName), state, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(string(dir), liveName), live, 0o600))
		s, err := dir.State()
		if err != nil {
			return
		}
		l, err := dir.Live()
		if err != nil {
			l = nil
		}
		require.NotEmpty(t, s.Condition(l, time.Now()))
		if l != nil {
			l.Since(0)
		}
	})
}
