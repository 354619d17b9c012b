package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"gonogo/soak"
)

// runOptions say which sustained run a command is about.
type runOptions struct{ dir, run string }

func (o *runOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.dir, "dir", ".", "`folder` in which the run was started, or that of the run itself")
	flags.StringVar(&o.run, "run", "", "`name` of the run, as 20251213_160000 (default the newest that is running)")
}

// A sighting is a run as its folder tells it at one moment.
type sighting struct {
	folder    soak.Folder
	state     *soak.State
	live      *soak.Live // nil: nothing is told
	condition soak.Condition
}

// look looks at a run.
func look(f soak.Folder, now time.Time) (*sighting, error) {
	state, err := f.State()
	if err != nil {
		return nil, err
	}
	s := &sighting{folder: f, state: state}
	if live, err := f.Live(); err == nil {
		s.live = live
	}
	s.condition = state.Condition(s.live, now)
	return s, nil
}

// find returns the run that is asked for: the newest that is running or, where none
// is, the newest.
func (o *runOptions) find(now time.Time) (*sighting, error) {
	folders, err := soak.Folders(o.dir)
	if err != nil {
		return nil, err
	}
	var first *sighting
	var problems []error
	for _, f := range folders {
		if o.run != "" && f.Run() != o.run {
			continue
		}
		s, err := look(f, now)
		switch {
		case errors.Is(err, fs.ErrNotExist): // it has not begun
			continue
		case err != nil:
			problems = append(problems, err)
			continue
		case s.condition == soak.Lives || s.condition == soak.Elsewhere || o.run != "":
			return s, nil
		case first == nil:
			first = s
		}
	}
	if first == nil {
		name := "a sustained run"
		if o.run != "" {
			name = "run " + o.run
		}
		return nil, errors.Join(append(problems, fmt.Errorf("find %s: there is none in %s", name, o.dir))...)
	}
	return first, nil
}

// died is the error about a run whose process is gone.
func (s *sighting) died() error {
	when := ""
	if s.live != nil {
		when = ", last heard of at " + s.live.Updated.UTC().Format(time.RFC3339)
	}
	return failure(fmt.Errorf("run %s is not running: its process %d is gone and left no report%s", s.state.Run, s.state.Process.PID, when),
		"gonogo soak --resume "+string(s.folder)+" goes on with it",
		"gonogo report --from-journal "+string(s.folder)+" reports what there is")
}

// verdictLines say what came of a run that has ended.
func (s *sighting) verdictLines() []string {
	st := s.state
	if st.Verdict == "" {
		return []string{fmt.Sprintf("run %s ended without a report: %s", st.Run, st.Problem)}
	}
	lines := []string{fmt.Sprintf("run %s: %s (exit %d)", st.Run, st.Verdict, st.Exit)}
	for _, r := range st.Reasons {
		lines = append(lines, "  "+r)
	}
	for _, f := range st.Files {
		lines = append(lines, "  "+f+" in "+st.OutDir)
	}
	return lines
}
