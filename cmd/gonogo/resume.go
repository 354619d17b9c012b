package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/measure/journal"
	"gonogo/report"
	"gonogo/report/versus"
	"gonogo/scenarios"
	"gonogo/soak"
)

// resume goes on with a run whose process died or was stopped.
func resume(cmd *cobra.Command, args []string, o soakOptions, std stdio) error {
	dir, args := resumed(o, args)
	folder, past, err := toResume(dir)
	if err != nil {
		return usageError(err, "gonogo watch lists what there is; a new run needs no --resume")
	}
	about, err := outlineOf(past.Header)
	if err != nil {
		return usageError(err)
	}
	c, err := sameScenario(cmd, args, past, about, std)
	if err != nil {
		return err
	}
	if err := o.load.resolve(c, std); err != nil {
		return err
	}
	ctx, closed, err := o.load.openUI(cmd.Context(), report.KindSoak, std)
	if err != nil {
		return err
	}
	defer closed()
	a := newAttempt(c, o, std)
	if err := a.takeUp(folder, past, cmd.Flags().Changed); err != nil {
		return failure(err)
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	return a.goOn(ctx)
}

// takeUp makes the attempt one at a run that there is already. Which log it writes
// and where its report goes is as before, unless a flag says otherwise.
func (a *attempt) takeUp(folder soak.Folder, past *soak.Past, given func(flag string) bool) error {
	about, err := outlineOf(past.Header)
	if err != nil {
		return err
	}
	a.folder, a.past = folder, past
	if a.header, err = headerOf(a.c, about.Run, about.Source); err != nil {
		return err
	}
	a.header.Started = past.Header.Started
	if a.state, _ = folder.State(); a.state == nil || a.state.Run != past.Header.Run {
		a.state = stateOf(&a.header, about.Run, a.c.Objectives, a.o)
	}
	s := a.state
	if !given("out-dir") {
		a.o.load.outDir = s.OutDir
	}
	if given("log-file") {
		s.Log = a.o.logFile
	}
	if given("log-format") {
		s.Format = soak.Format(a.o.logFormat)
	}
	s.Verdict, s.Reasons, s.Exit, s.Files, s.Problem = "", nil, 0, nil, ""
	for len(s.Instruments) < len(past.Segments) { // it died before it could tell
		s.Instruments = append(s.Instruments, json.RawMessage("null"))
	}
	s.Instruments = s.Instruments[:len(past.Segments)]
	return nil
}

// goOn performs what is left, if anything is.
func (a *attempt) goOn(ctx context.Context) error {
	if a.past.Plan() < a.c.Plan.Measure {
		return a.perform(ctx)
	}
	w, err := a.journal()
	if err != nil {
		return usageError(err)
	}
	log, err := soak.OpenLog(a.state.Log, a.state.Format, a.say)
	if err != nil {
		return errors.Join(usageError(err, "choose another --log-file"), w.Close())
	}
	defer log.Close()
	if err := a.lay(w, log, func(string) {}); err != nil {
		return errors.Join(err, w.Close())
	}
	a.state.Instruments = a.state.Instruments[:len(a.past.Segments)]
	unkept := errors.Join(w.Note(journal.Event{Kind: journal.Ended}), w.Close())
	return a.conclude(ctx, unkept)
}

// resumed is the folder that was asked for, and the scenario's name if any was
// given: --resume DIR reads as an argument behind the flag.
func resumed(o soakOptions, args []string) (dir string, rest []string) {
	switch {
	case o.resume != newest:
		return o.resume, args
	case len(args) > 0 && soak.IsFolder(args[0]):
		return args[0], args[1:]
	}
	return o.load.outDir, args
}

// toResume finds the run that is to go on in dir.
func toResume(dir string) (soak.Folder, *soak.Past, error) {
	folder, err := newestRun(dir)
	if err != nil {
		return "", nil, err
	}
	if state, err := folder.State(); err == nil {
		live, _ := folder.Live()
		if c := state.Condition(live, time.Now()); c == soak.Lives || c == soak.Elsewhere {
			return "", nil, fmt.Errorf("resume run %s: it is running, as process %d on %s", folder.Run(), state.Process.PID, state.Process.Host)
		}
	}
	past, err := soak.Read(folder.Journal())
	if err == nil && past.Ended {
		err = fmt.Errorf("resume run %s: it came to its end at %s", folder.Run(), past.Wall.UTC().Format(time.RFC3339))
	}
	return folder, past, err
}

// sameScenario compiles the scenario of the run: the one that is given, or the one
// that the journal holds. Another one is refused, with what differs.
func sameScenario(cmd *cobra.Command, args []string, past *soak.Past, about *outline, std stdio) (*scenarios.Compiled, error) {
	kept, err := keptScenario(past.Header)
	if err != nil {
		return nil, usageError(err)
	}
	var c *scenarios.Compiled
	if len(args) > 0 {
		c, err = compileSoak(cmd, args[0], past.Header.Seed, std)
	} else {
		c, err = recompile(cmd, kept, about.Source, past.Header.Seed, std)
	}
	if err != nil {
		return nil, err
	}
	if c.SHA256 != past.Header.SHA256 {
		return nil, usageError(fmt.Errorf("resume run %s: it has another scenario: %s", past.Header.Run, differences(kept, c.Effective)),
			"give the scenario and the flags that the run was started with, or leave them out")
	}
	return c, nil
}

// keptScenario is the effective scenario in a header.
func keptScenario(h *journal.Header) (map[string]any, error) {
	var effective struct{ Scenario map[string]any }
	from := json.NewDecoder(bytes.NewReader(h.Effective))
	from.UseNumber() // a seed does not fit into a float64
	if err := from.Decode(&effective); err != nil {
		return nil, fmt.Errorf("read the scenario of run %s: %w", h.Run, err)
	}
	return effective.Scenario, nil
}

// recompile compiles the scenario that a journal holds. Credentials that were written
// out are not in it.
func recompile(cmd *cobra.Command, kept map[string]any, source string, seed uint64, std stdio) (*scenarios.Compiled, error) {
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, failure(fmt.Errorf("read the scenario of the run: %w", err))
	}
	if bytes.Contains(text, []byte(`***`)) {
		return nil, usageError(errors.New("the scenario holds a credential that was written out, and such are not kept"),
			"give the scenario and its flags again; ${env:NAME} and ${file:NAME} are kept")
	}
	f, err := scenarios.Parse(source, text)
	if err != nil {
		return nil, usageError(err)
	}
	applyFlags(f, cmd.Flags())
	c, err := f.Compile(compiling(std, seed))
	if err != nil {
		return nil, usageError(err, "if a file is not found, give the scenario and its flags again")
	}
	return c, nil
}

// differences lists what two effective scenarios do not have in common.
func differences(was, is map[string]any) string {
	var all []string
	for _, c := range versus.Changes(was, is) {
		if c.Path != "load.seed" {
			all = append(all, c.String())
		}
	}
	const most = 5
	switch {
	case len(all) == 0:
		return "the files that it sends"
	case len(all) > most:
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(all, "; ")
}
