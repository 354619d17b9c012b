package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gonogo/target"
)

// targetFlags are the flags of target as texts.
type targetFlags struct {
	listen, delay, stall, errors, reset, garbage, hang, midBody, endlessHeader, body, drip, rateLimit string
	chunked, fastErrors                                                                               bool
	seed                                                                                              uint64
	arrivals                                                                                          string
}

func newTarget(std stdio) *cobra.Command {
	var f targetFlags
	cmd := &cobra.Command{
		Use:   "target",
		Short: "Serve as a target whose behaviour is known",
		Long: `target is a server to try gonogo on, and other load generators too: how long it
takes, when it stalls and how often it fails is known in advance. At /truth it
says what it really did, from its own clock.`,
		Example: `  gonogo target --delay lognormal:20ms,0.5 --errors 0.2% --listen 127.0.0.1:8090
  gonogo target --stall 1s/5s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := f.behaviour()
			if err != nil {
				return usageError(err)
			}
			return serveTarget(cmd.Context(), f.listen, f.arrivals, b, std)
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
	if err == nil {
		err = b.Validate()
	}
	return b, err
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

func serveTarget(ctx context.Context, address, arrivals string, b target.Behaviour, std stdio) error {
	server := target.New(b)
	if arrivals != "" {
		file, err := os.Create(arrivals)
		if err != nil {
			return usageError(fmt.Errorf("log arrivals: %w", err), "choose another --arrivals")
		}
		defer file.Close() // Serve has written it all out, or said that it could not
		if err := server.LogArrivals(file); err != nil {
			return usageError(err, "leave --arrivals out")
		}
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return usageError(fmt.Errorf("listen at %s: %w", address, err), "choose another --listen, or port 0 for a free one")
	}
	fmt.Fprintf(std.out, "target: %s, listening at http://%s (truth at /truth)\n", b, ln.Addr())
	if err := server.Serve(ctx, ln); err != nil {
		return failure(err)
	}
	return nil
}
