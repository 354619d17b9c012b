// Proof holds gonogo and its peers against worlds whose truth is known, and against
// each other, and writes what came of it: docs/accuracy.md and docs/performance.md.
// No figure on these pages is typed.
//
//	proof accuracy -seconds 20 -worlds stall,bimodal -tools gonogo,wrk
//	proof performance -seconds 5 -rounds 5 -only http-100,lateness
//	proof cost -seconds 5 -rounds 5 -only http-100,http-1000 -tools gonogo,wrk
//	proof render
//
// scripts/proof.sh installs what they need and runs them. A lab (lab.go) runs the
// tools, which package peers knows, against servers (serve.go). In accuracy.go they
// meet the worlds of worlds.go, the truth being read from the target's log
// (truth.go); in cost.go and performance.go they meet nginx, in rounds. Results are
// kept as JSON, and pages come from them alone (page.go, accuracypage.go,
// performancepage.go, pages).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// burnCommand is what a copy of this program is told to keep a core busy.
const burnCommand = "burn"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		os.Exit(1)
	}
}

// options are the flags of all commands.
type options struct {
	gonogo, programs, nginx, docs, results string
	worlds, tools, only                    string
	seconds, rounds                        int
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("want accuracy, performance, cost or render")
	}
	if args[0] == burnCommand {
		for ctx.Err() == nil {
		}
		return nil
	}
	var o options
	flags := flag.NewFlagSet("proof "+args[0], flag.ContinueOnError)
	flags.StringVar(&o.gonogo, "gonogo", "bin/gonogo", "the gonogo to prove")
	flags.StringVar(&o.programs, "programs", "bin/peers", "folder of tools to look in before PATH")
	flags.StringVar(&o.nginx, "nginx", "integration/testdata/nginx.conf", "configuration of nginx")
	flags.StringVar(&o.docs, "docs", "docs", "folder of the pages")
	flags.StringVar(&o.results, "results", "bin/proof", "folder of the results as JSON")
	flags.StringVar(&o.worlds, "worlds", "", "worlds to run, with commas; all without")
	flags.StringVar(&o.tools, "tools", "", "tools to run, with commas; all without")
	flags.StringVar(&o.only, "only", "", "groups to run, with commas: http-100, http-1000, http-10000, steps-500, tls-100, http2, lateness; all without")
	flags.IntVar(&o.seconds, "seconds", 0, "length of each run, in seconds (default 20 for accuracy, else 5)")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each tool has its turn")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "accuracy":
		return o.accuracy(ctx)
	case "performance", "cost":
		return o.perform(ctx, args[0] == "cost")
	case "render":
		return errors.Join(again[Accuracy](o, "accuracy"), again[Performance](o, "performance"))
	}
	return fmt.Errorf("command %q: want accuracy, performance, cost or render", args[0])
}

// inLab makes a lab for the length of what is done in it.
func (o options) inLab(do func(*lab) error) error {
	work, err := os.MkdirTemp("", "proof-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil { // nginx's worker gives up root
		return err
	}
	l, err := newLab(os.Stderr, work, o.gonogo, []string{o.programs})
	if err != nil {
		return err
	}
	return do(l)
}

func (o options) accuracy(ctx context.Context) error {
	list, err := chosen(o.worlds)
	if err != nil {
		return err
	}
	return o.inLab(func(l *lab) error {
		tools, err := l.tools(names(o.tools, "gonogo,k6,vegeta,fortio,hey,h2load,wrk,ab")...)
		if err != nil {
			return err
		}
		a, err := l.accuracy(ctx, list, tools, o.length(20))
		if err != nil {
			return err
		}
		return o.save("accuracy", a)
	})
}

func (o options) perform(ctx context.Context, print bool) error {
	return o.inLab(func(l *lab) error {
		e := effort{rounds: max(o.rounds, 1), length: o.length(5), only: names(o.only, ""), tools: names(o.tools, "")}
		p, err := l.perform(ctx, o.nginx, e)
		if err != nil {
			return err
		}
		if !print {
			return o.save("performance", p)
		}
		for _, g := range p.Groups {
			fmt.Printf("\n%s, %d rounds of %d s: median (range)\n\n%s\n", g.Title, p.Rounds, int(p.Seconds), costTable(g))
		}
		return nil
	})
}

func (o options) length(usual int) time.Duration {
	if o.seconds > 0 {
		usual = o.seconds
	}
	return time.Duration(usual) * time.Second
}

// names splits a list at its commas.
func names(list, usual string) []string {
	if list == "" {
		list = usual
	}
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// save writes results and their page.
func (o options) save(name string, results any) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.results, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.results, name+".json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return o.write(name, results)
}

// write renders a page whole before it replaces the old one.
func (o options) write(name string, results any) error {
	var page bytes.Buffer
	if err := render(&page, name+".md", results); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.docs, name+".md"), page.Bytes(), 0o644)
}

// again renders a page from results that were kept.
func again[T any](o options, name string) error {
	text, err := os.ReadFile(filepath.Join(o.results, name+".json"))
	if err != nil {
		return fmt.Errorf("render %s.md: %w", name, err)
	}
	var results T
	if err := json.Unmarshal(text, &results); err != nil {
		return fmt.Errorf("render %s.md: %w", name, err)
	}
	return o.write(name, results)
}
