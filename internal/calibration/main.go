// Calibration measures how often the statistics behind a verdict are wrong, by simulating
// targets whose truth is known, and writes what came of it: docs/calibration.md. No figure on that
// page is typed.
//
//	calibration -runs 2000 -docs docs
//	calibration -only "Early stops" -runs 200 -docs /tmp
//	calibration -only Drift -keep bin/calibration.json
//
// Worlds (world.go, queue.go, other.go) are played (play.go) into what slo/stats sees of a run,
// and judged (verdict.go). Experiments (experiment.go) do so many times and return the rows of a
// table (coverage.go, limit.go, healthy.go, stopping.go). Long runs (course.go) of targets that
// degrade, or do not (target.go), are judged by slo/drift (drift.go). Some rows are promises
// (rate.go): limits that their rates have to hold, which the page (page.go) shows first. Results
// are kept (kept.go), so that one section can be made anew. To add an experiment, write its file
// and add it to the list.
//
// The draws of a run depend on the name of its row and on its number alone, so the
// page is the same each time, until the code changes.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "calibration:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	flags := flag.NewFlagSet("calibration", flag.ContinueOnError)
	var o options
	flags.IntVar(&o.runs, "runs", 2000, "simulated runs a row")
	flags.StringVar(&o.only, "only", "", "the one experiment to do, by its title; all without")
	flags.StringVar(&o.keep, "keep", "", "file that keeps results; -only takes all other experiments from it")
	docs := flags.String("docs", "docs", "folder of the page")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := o.page()
	if err != nil {
		return err
	}
	return errors.Join(p.write(filepath.Join(*docs, "calibration.md")), p.broken())
}

// options are what is done, and where results are kept.
type options struct {
	runs       int
	only, keep string
}

// page does what is asked for. Each result is kept at once: the next may take minutes.
func (o options) page() (page, error) {
	p, e := page{Runs: o.runs}, newEffort(o.runs)
	if !slices.ContainsFunc(experiments(), o.asks) {
		return p, fmt.Errorf("find the experiment %q: there is none of that title", o.only)
	}
	s, err := openShelf(o.keep)
	if err != nil {
		return p, err
	}
	for _, one := range experiments() {
		if o.asks(one) {
			fmt.Fprintln(os.Stderr, "calibration:", one.title)
			s[one.title] = kept{o.runs, one.head, one.run(e)}
			if err := s.write(o.keep); err != nil {
				return p, err
			}
		}
		if o.asks(one) || o.keep != "" {
			r, err := s.take(one, o.runs)
			if err != nil {
				return p, err
			}
			p.Sections = append(p.Sections, section{one, r})
		}
	}
	return p, nil
}

func (o options) asks(one experiment) bool { return o.only == "" || o.only == one.title }

// write renders the page whole before it replaces the old one.
func (p page) write(path string) error {
	var text bytes.Buffer
	if err := p.render(&text); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}
