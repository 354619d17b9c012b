package soak

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/slo"
)

// A State is a run as its folder tells it: who makes it, how it fared, and what
// came of it. It is written as a whole every minute and whenever it changes.
type State struct {
	Version  int       `json:"version"`
	Run      string    `json:"run"`
	Scenario string    `json:"scenario"`
	Target   string    `json:"target"`
	Load     string    `json:"load"`
	Started  time.Time `json:"started_at"`
	Length   float64   `json:"length_s"` // of the plan, all phases
	Log      string    `json:"log"`
	Format   Format    `json:"log_format"`
	OutDir   string    `json:"out_dir"`
	Limits   Limits    `json:"limits"`

	Process Process  `json:"process"` // of the last segment
	Stop    string   `json:"stop"`    // the signal that it stops at in good order: INT or TERM
	Phase   Progress `json:"state"`

	// How the generator fared in each segment, for whoever makes the report.
	Instruments []json.RawMessage `json:"instruments"`

	// Once it has ended.
	Verdict string   `json:"verdict,omitempty"`
	Reasons []string `json:"reasons,omitempty"`
	Exit    int      `json:"exit_code,omitempty"`
	Files   []string `json:"files,omitempty"` // of the report
	Problem string   `json:"problem,omitempty"`
}

// Limits are those of the objectives that the picture of a run shows, in words; ""
// without one.
type Limits struct {
	P95 string `json:"p95"`
	Err string `json:"err"`
}

// LimitsOf are those that the objectives about all steps of the measure phase set.
func LimitsOf(objectives []slo.Objective) (l Limits) {
	for _, o := range objectives {
		switch t := o.Go; {
		case t.Step != "" || t.During != "":
		case t.Metric == slo.Percentile && t.Quantile == slo.NewDecimal(95, 0):
			l.P95 = t.LimitText()
		case t.Metric == slo.ErrorRate:
			l.Err = t.LimitText()
		case t.Metric == slo.Success:
			l.Err = strconv.FormatFloat(100-t.Limit.Float(), 'g', 4, 64) + "%"
		}
	}
	return l
}

// Progress is what a run says of itself.
type Progress string

// What it may say. Whether that is still true, see Condition.
const (
	Running  Progress = "running"
	Stopping Progress = "stopping" // drains, and writes its report
	Ended    Progress = "ended"
)

// Live is what changes every second, for whoever watches.
type Live struct {
	Updated  time.Time `json:"updated_at"`
	Elapsed  float64   `json:"t_s"`    // on the run's time line
	Done     float64   `json:"done_s"` // of the plan
	Phase    string    `json:"phase"`
	Users    int       `json:"users"`
	InFlight int       `json:"in_flight"`
	Rate     float64   `json:"rate"`
	OK       *float64  `json:"ok_percent"`
	P50      *float64  `json:"p50_ms"`
	P95      *float64  `json:"p95_ms"`
	P99      *float64  `json:"p99_ms"`
	Lag      *float64  `json:"lag_ms"`
	Verdict  string    `json:"slo"`
	RSS      int64     `json:"rss_bytes"`
	Budget   *float64  `json:"budget_percent"`
	Forecast *float64  `json:"budget_forecast_percent"`
	Breached []string  `json:"breached"` // objectives that the last minutes miss
	Strip    Strip     `json:"strip"`
	Notes    []string  `json:"notes"`  // what observers say, a line each
	Events   []string  `json:"events"` // the last few
	Saved    time.Time `json:"checkpoint_at"`

	// The last lines of the log, and how many there were with them.
	Lines  []string `json:"lines"`
	Logged int      `json:"logged"`
}

const keptLines = 20

// Log adds a line of the log.
func (l *Live) Log(line string) {
	l.Lines = append(l.Lines, line)
	l.Lines = l.Lines[max(0, len(l.Lines)-keptLines):]
	l.Logged++
}

// Since returns the lines after the first n that are still known, and how many
// there were.
func (l *Live) Since(n int) ([]string, int) {
	fresh := min(max(0, l.Logged-n), len(l.Lines))
	return l.Lines[len(l.Lines)-fresh:], l.Logged
}

const (
	stateVersion = 1
	stateName    = "run.json"
	liveName     = "live.json"
	journalName  = "journal"
	folderPrefix = "load_test_sustained_"
	maxState     = 16 << 20
)

// A Folder is where a run keeps itself: its journal, run.json and live.json.
type Folder string

// NewFolder makes the folder of a run that starts now, in dir, and names the run by
// that: _2 is added where a run of the same second is there already.
func NewFolder(dir string, now time.Time) (f Folder, run string, err error) {
	stem := now.UTC().Format("20060102_150405")
	for n := 1; ; n++ {
		run = stem
		if n > 1 {
			run = fmt.Sprintf("%s_%d", stem, n)
		}
		f = Folder(filepath.Join(dir, folderPrefix+run))
		if err = os.Mkdir(string(f), 0o755); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("make the folder of the run: %w", err)
	}
	return f, run, nil
}

// Snapshots is where reports of a run that goes on are put.
func (f Folder) Snapshots() string { return filepath.Join(string(f), "snapshots") }

// Journal is where the journal is.
func (f Folder) Journal() string { return filepath.Join(string(f), journalName) }

// Save writes the state, durably.
func (f Folder) Save(s *State) error {
	s.Version = stateVersion
	if err := f.write(stateName, s, true); err != nil {
		return fmt.Errorf("save the state of the run: %w", err)
	}
	return nil
}

// Tell writes what changes every second. A crash of the machine may lose it.
func (f Folder) Tell(l *Live) error {
	if err := f.write(liveName, l, false); err != nil {
		return fmt.Errorf("tell how the run goes: %w", err)
	}
	return nil
}

// write puts a whole file in the place of the one that is there.
func (f Folder) write(name string, v any, durable bool) (err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	draft := filepath.Join(string(f), "."+name+"."+rand.Text()+".tmp")
	defer func() {
		if err != nil {
			_ = os.Remove(draft)
		}
	}()
	file, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if durable {
		err = errors.Join(err, file.Sync())
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(string(f), name))
}

// State reads the state of the run.
func (f Folder) State() (*State, error) {
	s := new(State)
	if err := f.read(stateName, s); err != nil {
		return nil, err
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("read %s: want version %d, got %d", filepath.Join(string(f), stateName), stateVersion, s.Version)
	}
	return s, nil
}

// Live reads what the run tells every second.
func (f Folder) Live() (*Live, error) {
	l := new(Live)
	return l, f.read(liveName, l)
}

func (f Folder) read(name string, into any) error {
	path := filepath.Join(string(f), name)
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read a run: %w", err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would never end
		return fmt.Errorf("read %s: it is no regular file: want the one that gonogo wrote", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read a run: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxState+1))
	switch {
	case err != nil:
	case len(text) > maxState:
		err = fmt.Errorf("it is longer than %d MiB", maxState>>20)
	default:
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// IsFolder tells whether dir is the folder of a run.
func IsFolder(dir string) bool {
	for _, name := range []string{stateName, journalName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Folders lists those of all runs in dir, the newest first. A folder that is one
// itself is the only one.
func Folders(dir string) ([]Folder, error) {
	if IsFolder(dir) {
		return []Folder{Folder(dir)}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for runs: %w", err)
	}
	var all []Folder
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), folderPrefix) {
			all = append(all, Folder(filepath.Join(dir, e.Name())))
		}
	}
	slices.SortFunc(all, func(a, b Folder) int { return strings.Compare(string(b), string(a)) })
	return all, nil
}

// Run is the name of the folder's run.
func (f Folder) Run() string { return strings.TrimPrefix(filepath.Base(string(f)), folderPrefix) }

// Condition is what is true of a run now.
type Condition string

// The conditions.
const (
	Lives     Condition = "running"
	Elsewhere Condition = "running elsewhere" // on another machine, as it seems: its process cannot be seen
	Finished  Condition = "ended"
	Dead      Condition = "died" // its process is gone and it has not ended
)

// fresh is how old what a run tells may be, for it to live.
const fresh = 30 * time.Second

// Condition tells it, from the state, what is told live (or nil) and the time.
func (s *State) Condition(l *Live, now time.Time) Condition {
	switch {
	case s.Phase == Ended:
		return Finished
	case s.Process.Lives():
		return Lives
	case !s.Process.Here() && l != nil && now.Sub(l.Updated).Abs() < fresh:
		return Elsewhere
	}
	return Dead
}
