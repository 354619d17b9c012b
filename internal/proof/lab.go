package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
)

// A lab is where tools are run: what is installed, on which cores, and a folder
// for what they leave behind. Servers have core 0 and tools core 1 where there
// are two.
type lab struct {
	log      io.Writer // what goes on, and what is left out
	work     string
	programs map[string]string // of tools that were found, by name
	split    bool              // servers and tools have cores of their own
}

// The cores of a split lab.
const (
	serverCore = 0
	toolCore   = 1
)

// newLab looks for the tools in the folders first and in PATH after that. What is
// missing is said loudly and left out; gonogo may not be missing.
func newLab(log io.Writer, work, gonogo string, folders []string) (*lab, error) {
	gonogo, err := filepath.Abs(gonogo)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(gonogo); err != nil {
		return nil, fmt.Errorf("find gonogo: %w", err)
	}
	l := &lab{log: log, work: work, programs: map[string]string{"gonogo": gonogo}}
	for _, t := range peers.All() {
		if l.programs[t.Name] == "" {
			l.find(t.Name, folders)
		}
	}
	_, noTaskset := exec.LookPath("taskset")
	l.split = runtime.NumCPU() > toolCore && noTaskset == nil
	if !l.split {
		l.notice("one core, or no taskset: servers and tools share what there is")
	}
	return l, nil
}

func (l *lab) find(name string, folders []string) {
	for _, folder := range folders {
		path, err := filepath.Abs(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		if path, err = exec.LookPath(path); err == nil {
			l.programs[name] = path
			return
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		l.programs[name] = path
		return
	}
	l.notice("%s is left out: it is not installed", name)
}

func (l *lab) notice(format string, args ...any) {
	fmt.Fprintf(l.log, "NOTICE: "+format+"\n", args...)
}

// tools are those of the names that were found, in the order of the names.
func (l *lab) tools(names ...string) ([]peers.Tool, error) {
	var out []peers.Tool
	for _, name := range names {
		t, err := peers.Named(name)
		if err != nil {
			return nil, err
		}
		if l.programs[name] != "" {
			out = append(out, t)
		}
	}
	return out, nil
}

// pinned is the command line that keeps a program to a core.
func (l *lab) pinned(core int, argv ...string) []string {
	if !l.split {
		return argv
	}
	return append([]string{"taskset", "-c", strconv.Itoa(core)}, argv...)
}

// A run is what became of one run of a tool.
type run struct {
	peers.Output
	Mode string
	CPU  time.Duration // user and system, of the whole process
	Peak int64         // resident bytes, at most; 0 when it was not asked for
}

// run lets a tool make a load and tells what it left. With measured, its peak
// memory is taken too.
func (l *lab) run(ctx context.Context, t peers.Tool, load peers.Load, measured bool) (*run, error) {
	command, err := t.Plan(load)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", t.Name, err)
	}
	dir, err := os.MkdirTemp(l.work, t.Name+"-")
	if err != nil {
		return nil, err
	}
	for name, text := range command.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, load.Length+patience)
	defer cancel()
	argv := append([]string{l.programs[t.Name]}, command.Args...)
	peak := filepath.Join(dir, "peak-kib")
	if measured {
		argv = append([]string{"time", "-q", "-f", "%M", "-o", peak}, argv...)
	}
	out, cpu, err := l.execute(ctx, dir, t.Accepts, l.pinned(toolCore, argv...))
	if err == nil && command.Then != nil {
		out, _, err = l.execute(ctx, dir, []int{0}, append([]string{l.programs[t.Name]}, command.Then...))
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", t.Name, err)
	}
	r := &run{Output: peers.Output{Stdout: out, Files: os.DirFS(dir)}, Mode: command.Mode, CPU: cpu}
	if measured {
		r.Peak, err = readPeak(peak)
	}
	return r, err
}

// patience is how much longer than its load a tool may take.
const patience = 90 * time.Second

// execute runs a program to its end. Its peak memory cannot come from here: a
// child begins with the peak of whoever started it.
func (l *lab) execute(ctx context.Context, dir string, accepts []int, argv []string) ([]byte, time.Duration, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(accepts, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, tail(stdout.Bytes(), stderr.Bytes()))
	}
	return stdout.Bytes(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// tail is the end of what a program said, for an error.
func tail(texts ...[]byte) string {
	text := bytes.TrimSpace(bytes.Join(texts, []byte("\n")))
	const most = 600
	return string(text[max(0, len(text)-most):])
}

// readPeak reads what time(1) wrote: KiB.
func readPeak(name string) (int64, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read peak memory: %w", err)
	}
	return kib << 10, nil
}
