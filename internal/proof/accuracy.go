package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
)

// Accuracy is all that docs/accuracy.md is made of.
type Accuracy struct {
	Machine Machine   `json:"machine"`
	Worlds  []Outcome `json:"worlds"`
}

// An Outcome is what the tools reported of one world.
type Outcome struct {
	Name         string         `json:"name"`
	About        string         `json:"about"`
	Target       string         `json:"target"` // its flags
	Load         string         `json:"load"`
	Construction *peers.Figures `json:"construction,omitempty"`
	Fixed        bool           `json:"fixed"` // Construction is the truth, whatever the target did in a run
	Rows         []Row          `json:"rows"`
}

// A Row is what one tool reported, in one of its views.
type Row struct {
	Tool     string        `json:"tool"`
	View     string        `json:"view,omitempty"`
	Mode     string        `json:"mode"`
	Requests int64         `json:"requests"`
	Success  float64       `json:"success"`
	Figures  peers.Figures `json:"figures"`
	Truth    Truth         `json:"truth"` // of this very run
	Remarks  []string      `json:"remarks,omitempty"`
}

// accuracy runs the tools in the worlds. A tool that breaks is said loudly and
// left out of its world.
func (l *lab) accuracy(ctx context.Context, list []world, tools []peers.Tool, length time.Duration) (Accuracy, error) {
	a := Accuracy{Machine: l.machine(ctx)}
	for _, w := range list {
		construction, err := w.construction()
		if err != nil {
			return a, err
		}
		load := w.lasting(length)
		o := Outcome{Name: w.name, About: w.about, Target: strings.Join(append([]string{"gonogo target"}, w.target...), " "), Load: words(load), Construction: construction, Fixed: w.fixed}
		for _, t := range tools {
			fmt.Fprintf(l.log, "%s: %s\n", w.name, t.Name)
			rows, err := l.visit(ctx, w, t, load)
			if ctx.Err() != nil {
				return a, ctx.Err()
			}
			if err != nil {
				l.notice("%s is left out of %s: %v", t.Name, w.name, err)
				continue
			}
			o.Rows = append(o.Rows, rows...)
		}
		a.Worlds = append(a.Worlds, o)
	}
	return a, nil
}

// visit runs one tool in a world that is new.
func (l *lab) visit(ctx context.Context, w world, t peers.Tool, load peers.Load) (rows []Row, err error) {
	if w.busy {
		quiet, err := l.busy(ctx)
		if err != nil {
			return nil, err
		}
		defer quiet()
	}
	r, list, unstamped, err := l.observe(ctx, w.target, t, load)
	if err != nil {
		return nil, err
	}
	reading, err := t.Read(r.Output)
	if err != nil {
		return nil, err
	}
	truth := truthOf(list, unstamped)
	if r.Mode == peers.Open {
		truth.Due = dueOf(list, time.Second/time.Duration(load.Rate))
	}
	for i, v := range reading.Views {
		if i == 0 || slices.Contains(w.views, v.Name) {
			rows = append(rows, Row{
				Tool: t.Name, View: v.Name, Mode: r.Mode, Requests: reading.Requests, Success: reading.Success,
				Figures: v.Figures, Truth: truth,
			})
		}
	}
	rows[0].Remarks = reading.Remarks
	return rows, nil
}

// observe runs one tool against a target that was started for it, and reads what
// that saw.
func (l *lab) observe(ctx context.Context, flags []string, t peers.Tool, load peers.Load) (*run, []arrival, int, error) {
	log := filepath.Join(l.work, "arrivals")
	defer os.Remove(log)
	s, err := l.target(ctx, log, flags...)
	if err != nil {
		return nil, nil, 0, err
	}
	load.URL = "http://" + s.Address + "/"
	r, err := l.run(ctx, t, load, false)
	if err := errors.Join(err, s.stop()); err != nil {
		return nil, nil, 0, err
	}
	list, unstamped, err := readArrivals(log)
	return r, list, unstamped, err
}

// busy keeps the tools' core busy with this very program until quiet is called.
func (l *lab) busy(ctx context.Context) (quiet func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	argv := l.pinned(toolCore, self, burnCommand)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("keep a core busy: %w", err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}, nil
}
