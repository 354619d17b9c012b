package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/scenarios"
	"gonogo/target"
)

// calibrateFor is how long each part of a calibration takes unless told.
const calibrateFor = 3 * time.Second

// known is the delay against whose truth the error is stated.
const known = "lognormal:20ms,0.5"

func newCalibrate(std stdio) *cobra.Command {
	var rate float64
	var users int
	var each time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Say what this host can measure: its floor, ceiling and error",
		Long: `calibrate loads the built-in target on loopback, in a process of its own, and says
what this host adds to a latency (floor), how late requests leave, how many it can
make (ceiling), and how far the figures are from the target's own truth (error).
Floor and lateness are of the given rate, or of one user, as more of them measure
each other. Client and target share the host, so a remote target is measured at
least as well.`,
		Example: "  gonogo calibrate --rate 1000\n  gonogo calibrate --users 1000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan := &loadgen.Plan{Timeout: 10 * time.Second, Grace: 10 * time.Second}
			switch {
			case users > 0 && rate == 0:
				plan.Closed = &loadgen.Closed{Users: users}
			case rate > 0 && users == 0:
				plan.Open = openAt(rate, each, plan.Timeout)
			default:
				return usageError(fmt.Errorf("want the load to calibrate at: --rate or --users, above 0"))
			}
			sayCalibrating(each, std)
			c, err := calibrate(cmd.Context(), plan, each)
			if err != nil {
				return failure(err)
			}
			if asJSON {
				return json.NewEncoder(std.out).Encode(c)
			}
			_, err = fmt.Fprintln(std.out, strings.Join(c.Lines(), "\n"))
			return err
		},
	}
	cmd.Flags().Float64Var(&rate, "rate", 0, "arrivals a `second`")
	cmd.Flags().IntVar(&users, "users", 0, "`number` of users")
	durationFlag(cmd.Flags(), &each, "duration", calibrateFor, "`length` of each of the three parts")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

func openAt(rate float64, length, timeout time.Duration) *loadgen.Open {
	return &loadgen.Open{
		Stages:      []loadgen.Stage{{For: length, From: rate, To: rate}},
		MaxInFlight: scenarios.DefaultInFlight(rate, timeout),
	}
}

// sayCalibrating says why nothing happens for a while.
func sayCalibrating(each time.Duration, std stdio) {
	fmt.Fprintf(std.err, "gonogo: calibrating on loopback for %s\n", short(3*each))
}

// calibrationLoad is the load in words. The floor is of fewer users than were asked for.
func calibrationLoad(p *loadgen.Plan) string {
	words := loadInWords(p)
	if p.Closed != nil && p.Closed.Users > 1 {
		words += "; floor and lateness with 1 user"
	}
	return words
}

// calibrate measures what this host can, at the load of the plan.
func calibrate(ctx context.Context, plan *loadgen.Plan, each time.Duration) (*report.Calibration, error) {
	c := &report.Calibration{Load: calibrationLoad(atLength(plan, each)), Delay: known}
	err := withTarget(ctx, "const:0s", func(at *url.URL) error {
		floor, err := measured(ctx, at, floorPlan(plan, each))
		if err != nil {
			return err
		}
		c.Floor, c.Lateness = report.SpreadOf(floor.Response()), report.SpreadOf(&floor.Lag)
		ceiling, err := measured(ctx, at, ceilingPlan(plan, each))
		if err == nil {
			c.Ceiling = float64(ceiling.OK()) / each.Seconds()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, withTarget(ctx, known, func(at *url.URL) error {
		reported, err := measured(ctx, at, atLength(plan, each))
		if err != nil {
			return err
		}
		truth, err := truthOf(ctx, at)
		c.Reported, c.Truth = report.SpreadOf(reported.Response()), truth
		return err
	})
}

// atLength is the plan without its ramp and warm-up, at its peak.
func atLength(p *loadgen.Plan, each time.Duration) *loadgen.Plan {
	short := &loadgen.Plan{Closed: p.Closed, Measure: each, Timeout: p.Timeout, Grace: p.Grace, Seed: p.Seed}
	if p.Open != nil {
		short.Open = openAt(p.PeakRate(), each, p.Timeout)
		short.Open.Poisson = p.Open.Poisson
	}
	return short
}

// floorPlan is one user where the load is made of users: more would measure
// each other.
func floorPlan(p *loadgen.Plan, each time.Duration) *loadgen.Plan {
	plan := atLength(p, each)
	if plan.Closed != nil {
		plan.Closed = &loadgen.Closed{Users: 1}
	}
	return plan
}

// ceilingPlan asks for all that users can send.
func ceilingPlan(p *loadgen.Plan, each time.Duration) *loadgen.Plan {
	const enough = 100
	plan := atLength(p, each)
	plan.Open, plan.Closed = nil, &loadgen.Closed{Users: enough}
	if p.Closed != nil {
		plan.Closed.Users = p.Closed.Users
	}
	return plan
}

// measured runs the plan against the target.
func measured(ctx context.Context, at *url.URL, plan *loadgen.Plan) (*measure.Figures, error) {
	plan.Steps = []loadgen.Step{{Name: "calibrate", Weight: 1, Request: loadgen.Request{URL: at}}}
	client, err := httpload.New(plan.Steps, httpload.Options{})
	if err != nil {
		return nil, err
	}
	result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(ctx)
	if result.StoppedEarly {
		return nil, context.Cause(ctx)
	}
	total := result.Summary.Total()
	if total.OK() == 0 {
		return nil, fmt.Errorf("calibrate: not one of %d requests to the built-in target was answered", total.Planned())
	}
	return total, nil
}

// withTarget starts the built-in target as a process of its own for as long as
// use takes.
func withTarget(ctx context.Context, delay string, use func(*url.URL) error) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("calibrate: find gonogo's own binary: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "target", "--listen", "127.0.0.1:0", "--delay", delay)
	cmd.Args[0] = "gonogo"
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("calibrate: start the built-in target: %w", err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	at, err := addressIn(out)
	if err != nil {
		return fmt.Errorf("calibrate: start the built-in target: %w", err)
	}
	return use(at)
}

// addressIn finds the address in what the target says first.
func addressIn(out io.Reader) (*url.URL, error) {
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("it said nothing: %w", err)
	}
	for word := range strings.FieldsSeq(line) {
		if strings.HasPrefix(word, "http://") {
			return url.Parse(word + "/")
		}
	}
	return nil, fmt.Errorf("it said %q and no address", line)
}

// truthOf asks the target what it really did.
func truthOf(ctx context.Context, at *url.URL) (report.Spread, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath("truth").String(), nil)
	if err != nil {
		return report.Spread{}, err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return report.Spread{}, fmt.Errorf("calibrate: ask the target for its truth: %w", err)
	}
	defer answer.Body.Close()
	var t target.Truth
	if err := json.NewDecoder(answer.Body).Decode(&t); err != nil {
		return report.Spread{}, fmt.Errorf("calibrate: read the target's truth: %w", err)
	}
	l := t.Latency
	return report.Spread{
		Count: l.Count, Min: &l.Min, Mean: &l.Mean, P50: &l.P50, P75: &l.P75, P90: &l.P90,
		P95: &l.P95, P99: &l.P99, P999: &l.P999, Max: &l.Max,
	}, nil
}
