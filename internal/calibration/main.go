// Calibration measures how often the statistics behind a verdict are wrong, by simulating
// targets whose truth is known, and writes what came of it: docs/calibration.md. No figure on that
// page is typed.
//
//	calibration -runs 2000 -docs docs
//	calibration -only "early stops" -runs 200 -docs /tmp
//
// Worlds (world.go, queue.go, other.go) are played (play.go) into what slo/stats sees of a run,
// and judged (verdict.go). Experiments (experiment.go) do so many times and return the rows of a
// table (coverage.go, limit.go, healthy.go, stopping.go). Some rows are promises
// (rate.go): limits that their rates have to hold, which the page (page.go) shows first. To add
// an experiment, write its file and add it to the list.
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
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "calibration:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	flags := flag.NewFlagSet("calibration", flag.ContinueOnError)
	runs := flags.Int("runs", 2000, "simulated runs a row")
	docs := flags.String("docs", "docs", "folder of the page")
	only := flags.String("only", "", "the one experiment to do, by its title; all without")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, e := page{Runs: *runs}, newEffort(*runs)
	for _, one := range experiments() {
		if *only != "" && *only != one.title {
			continue
		}
		fmt.Fprintln(os.Stderr, "calibration:", one.title)
		p.Sections = append(p.Sections, section{one, one.run(e)})
	}
	if len(p.Sections) == 0 {
		return fmt.Errorf("find the experiment %q: there is none of that title", *only)
	}
	return errors.Join(p.write(filepath.Join(*docs, "calibration.md")), p.broken())
}

// write renders the page whole before it replaces the old one.
func (p page) write(path string) error {
	var text bytes.Buffer
	if err := p.render(&text); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}
