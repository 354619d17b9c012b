package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gonogo/target"
	"gonogo/target/app"
)

// targetFlags are the flags of target as texts.
type targetFlags struct {
	listen, delay, stall, errors, reset, garbage, hang, midBody, endlessHeader, body, drip, rateLimit string
	chunked, fastErrors                                                                               bool
	seed                                                                                              uint64
	arrivals                                                                                          string
	slowStart, drift, growth                                                                          string
	apps                                                                                              bool
	settings, faults                                                                                  []string
}

// served is what a target is: package target's server, or the applications.
type served interface {
	Serve(ctx context.Context, ln net.Listener) error
}

func newTarget(std stdio) *cobra.Command {
	var f targetFlags
	cmd := &cobra.Command{
		Use:   "target",
		Short: "Serve as a target whose behaviour is known",
		Long: `target is a server to try gonogo on, and other load generators too: how long it
takes, when it stalls and how often it fails is known in advance. At /truth it
says what it really did, from its own clock.

Every path answers the same, unless --apps asks for applications: a rate limit,
queues, webhooks, sessions and pages, each with a healthy form and with faults.

` + strings.TrimSuffix(app.Guide(), "\n"),
		Example: `  gonogo target --delay lognormal:20ms,0.5 --errors 0.2% --listen 127.0.0.1:8090
  gonogo target --stall 1s/5s
  gonogo target --apps --set limit.requests=100 --fault zap=no-retry`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, words, err := f.server(cmd.Flags())
			if err != nil {
				return usageError(err)
			}
			return serveTarget(cmd.Context(), f.listen, f.arrivals, server, words, std)
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	return cmd
}

// add gives the command its flags.
func (f *targetFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8090", "`address` to listen at; port 0 takes a free one")
	flags.StringVar(&f.delay, "delay", "", "time to an answer: const:`20ms`, uniform:10ms,30ms, lognormal:MEDIAN,SIGMA, bimodal:FAST,SLOW,SHARE, exponential:MEAN")
	flags.StringVar(&f.stall, "stall", "", "answer nothing for the last `1s` of every 5s: 1s/5s")
	flags.StringVar(&f.errors, "errors", "", "share of requests answered with an error: `0.2%`, or 503:0.2%,429:1%")
	flags.BoolVar(&f.fastErrors, "fast-errors", false, "answer errors at once")
	flags.StringVar(&f.reset, "resets", "", "`share` of requests that get a TCP reset")
	flags.StringVar(&f.garbage, "garbage", "", "`share` of requests answered with what is not HTTP")
	flags.StringVar(&f.hang, "hang", "", "`share` of requests never answered")
	flags.StringVar(&f.midBody, "mid-body", "", "`share` of requests whose connection closes within the body")
	flags.StringVar(&f.endlessHeader, "endless-header", "", "`share` of requests whose answer's header never ends")
	flags.StringVar(&f.body, "body", "", "`size` of a body: 6B, 20KiB, or uniform:1KiB,64KiB")
	flags.BoolVar(&f.chunked, "chunked", false, "send bodies in chunks")
	flags.StringVar(&f.drip, "drip", "", "spread each body over this `time`")
	flags.StringVar(&f.rateLimit, "rate-limit", "", "answer 429 beyond `1000/1m` requests in a window")
	flags.StringVar(&f.slowStart, "slow-start", "", "the first answers are slower, falling evenly: `500ms,30s`")
	flags.StringVar(&f.drift, "drift", "", "answers grow slower, as with a leak: `10ms/1h`")
	flags.StringVar(&f.growth, "error-growth", "", "share of requests answered with 503, growing: `1%/1h`")
	flags.BoolVar(&f.apps, "apps", false, "serve the applications above, with no other flags than those of ageing and these")
	flags.StringArrayVar(&f.settings, "set", nil, "a setting of the applications: `limit.requests=100`; repeatable")
	flags.StringArrayVar(&f.faults, "fault", nil, "a fault of the applications: `zap=no-retry`; repeatable")
	flags.StringVar(&f.arrivals, "arrivals", "", "write each request to this `file`, on Linux: nanoseconds at which the kernel received it and was given the answer, and the status")
	flags.Uint64Var(&f.seed, "seed", 1, "`number` that fixes everything random")
}

// behaviour reads the flags; every mistake is in the error.
func (f *targetFlags) behaviour() (target.Behaviour, error) {
	b := target.Behaviour{Chunked: f.chunked, FastErrors: f.fastErrors, Seed: f.seed}
	err := errors.Join(
		read("delay", f.delay, target.ParseDelay, &b.Delay),
		read("stall", f.stall, target.ParseStall, &b.Stall),
		read("errors", f.errors, target.ParseErrors, &b.Errors),
		read("resets", f.reset, target.ParseShare, &b.Reset),
		read("garbage", f.garbage, target.ParseShare, &b.Garbage),
		read("hang", f.hang, target.ParseShare, &b.Hang),
		read("mid-body", f.midBody, target.ParseShare, &b.MidBody),
		read("endless-header", f.endlessHeader, target.ParseShare, &b.EndlessHeader),
		read("body", f.body, target.ParseSize, &b.Body),
		read("drip", f.drip, target.ParseDrip, &b.Drip),
		read("rate-limit", f.rateLimit, target.ParseRateLimit, &b.RateLimit),
	)
	aging, wrong := f.aging()
	b.Aging, err = aging, errors.Join(err, wrong)
	if err == nil {
		err = b.Validate()
	}
	return b, err
}

func (f *targetFlags) aging() (target.Aging, error) {
	var a target.Aging
	err := errors.Join(
		read("slow-start", f.slowStart, target.ParseSlowStart, &a.SlowStart),
		read("drift", f.drift, target.ParseDrift, &a.Drift),
		read("error-growth", f.growth, target.ParseGrowth, &a.Growth),
	)
	return a, err
}

// server makes what the flags ask for, and says what it is.
func (f *targetFlags) server(flags *pflag.FlagSet) (served, string, error) {
	if !f.apps {
		if len(f.settings)+len(f.faults) > 0 {
			return nil, "", errors.New("--set and --fault: want --apps, whose settings and faults they are")
		}
		b, err := f.behaviour()
		if err != nil {
			return nil, "", err
		}
		return target.New(b), b.String(), nil
	}
	var errs []error
	flags.Visit(func(one *pflag.Flag) {
		if !slices.Contains(appFlags(), one.Name) {
			errs = append(errs, fmt.Errorf("--%s: has no meaning with --apps", one.Name))
		}
	})
	aging, err := f.aging()
	errs = append(errs, err)
	settings, err := app.Parse(f.settings, f.faults, aging)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, "", err
	}
	return app.New(settings), settings.String(), nil
}

// appFlags are the flags that go with --apps.
func appFlags() []string {
	return []string{"apps", "set", "fault", "listen", "slow-start", "drift", "error-growth", "help"}
}

// read parses one flag into its place, if it was given.
func read[T any](flag, text string, parse func(string) (T, error), into *T) error {
	if text == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		return fmt.Errorf("--%s: %w", flag, err)
	}
	*into = v
	return nil
}

func serveTarget(ctx context.Context, address, arrivals string, server served, words string, std stdio) error {
	if fast, ok := server.(*target.Server); ok && arrivals != "" {
		file, err := os.Create(arrivals)
		if err != nil {
			return usageError(fmt.Errorf("log arrivals: %w", err), "choose another --arrivals")
		}
		defer file.Close() // Serve has written it all out, or said that it could not
		if err := fast.LogArrivals(file); err != nil {
			return usageError(err, "leave --arrivals out")
		}
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return usageError(fmt.Errorf("listen at %s: %w", address, err), "choose another --listen, or port 0 for a free one")
	}
	fmt.Fprintf(std.out, "target: %s, listening at http://%s (truth at /truth)\n", words, ln.Addr())
	if err := server.Serve(ctx, ln); err != nil {
		return failure(err)
	}
	return nil
}
