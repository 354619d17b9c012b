package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"gonogo/internal/terminal"
	"gonogo/soak"
)

// drawEvery is how often the screen is drawn, and the folder looked at for it.
const drawEvery = time.Second

func newWatch(std stdio) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "See how a sustained run goes; it does not notice",
		Long: `watch shows a sustained run on the terminal, from the files in its folder alone: the
run notices nothing, and goes on when watch ends. Keys: q or Ctrl-C detaches, s writes
a report of how the run stands, into snapshots/ in its folder.

Where stdout is no terminal it prints the lines of the log as they come, until the run
ends. The exit code is 0, or 1 where the run has died.`,
		Example: "  gonogo watch\n  gonogo watch --dir /var/perf --run 20251213_160000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.find(time.Now())
			if err != nil {
				return usageError(err, "--dir says where the run was started")
			}
			if out, ok := std.out.(*os.File); ok && terminal.Of(std.out) && s.isRunning() {
				return watchScreen(cmd.Context(), s, out, std)
			}
			return watchLines(cmd.Context(), s, std)
		},
	}
	cmd.Flags().SortFlags = false
	o.add(cmd.Flags())
	return cmd
}

func (s *sighting) isRunning() bool {
	return s.condition == soak.Lives || s.condition == soak.Elsewhere
}

// watchLines prints the lines of the log as they come, the last one first.
func watchLines(ctx context.Context, s *sighting, std stdio) error {
	seen := 0
	if s.live != nil {
		seen = s.live.Logged - 1
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if s.live != nil {
			var fresh []string
			fresh, seen = s.live.Since(seen)
			for _, line := range fresh {
				fmt.Fprintln(std.out, line)
			}
		}
		if !s.isRunning() {
			return s.over(std)
		}
		select {
		case <-ctx.Done():
			return nil // it is the run that counts, and that goes on
		case <-tick.C:
		}
		now, err := look(s.folder, time.Now())
		if err != nil {
			return failure(err)
		}
		s = now
	}
}

// over says what came of a run that does not go on.
func (s *sighting) over(std stdio) error {
	if s.condition == soak.Dead {
		return s.died()
	}
	for _, line := range s.verdictLines() {
		fmt.Fprintln(std.out, line)
	}
	return nil
}
