package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"gonogo/soak"
)

// lookEvery is how often a command that waits looks at the run's folder.
const lookEvery = 200 * time.Millisecond

func newStop(std stdio) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "End a sustained run in good order, and say its verdict",
		Long: `stop tells the process of a sustained run to drain: open requests end, the report is
written, and its verdict says that the run was stopped early. It waits for that and
prints it. The exit code is 0 whatever the verdict is: the command did its job.`,
		Example: "  gonogo stop\n  gonogo stop --run 20251213_160000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.find(time.Now())
			if err != nil {
				return usageError(err, "--dir says where the run was started")
			}
			return stopRun(cmd.Context(), s, std)
		},
	}
	cmd.Flags().SortFlags = false
	o.add(cmd.Flags())
	return cmd
}

func stopRun(ctx context.Context, s *sighting, std stdio) error {
	switch s.condition {
	case soak.Dead:
		return s.died()
	case soak.Elsewhere:
		return failure(fmt.Errorf("run %s runs on %s, and cannot be told from here", s.state.Run, s.state.Process.Host), "run gonogo stop there")
	case soak.Lives:
		if err := drain(s); err != nil {
			return err
		}
		fmt.Fprintf(std.err, "run %s drains; this waits for its report\n", s.state.Run)
	}
	s, err := s.ended(ctx)
	if err != nil {
		return err
	}
	for _, line := range s.verdictLines() {
		fmt.Fprintln(std.out, line)
	}
	return nil
}

// drain sends the process the signal that it heeds. One that is draining already
// would end at once at another signal, without a report.
func drain(s *sighting) error {
	if s.state.Phase == soak.Stopping {
		return nil
	}
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	with, heeds := signals[s.state.Stop]
	if !heeds {
		return failure(fmt.Errorf("run %s heeds no signal, and can only be killed: process %d", s.state.Run, s.state.Process.PID))
	}
	p, err := os.FindProcess(s.state.Process.PID)
	if err == nil && s.state.Process.Lives() { // looked at again: a number may be given away at any time
		err = p.Signal(with)
	}
	if err != nil {
		return failure(fmt.Errorf("stop run %s, process %d: %w", s.state.Run, s.state.Process.PID, err))
	}
	return nil
}

// ended waits until the run has.
func (s *sighting) ended(ctx context.Context) (*sighting, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for s.condition != soak.Finished {
		select {
		case <-ctx.Done():
			return nil, &exitError{code: signalCode(ctx), err: fmt.Errorf("run %s still drains", s.state.Run)}
		case <-tick.C:
		}
		now, err := look(s.folder, time.Now())
		if err != nil {
			return nil, failure(err)
		}
		if now.condition == soak.Dead {
			return nil, now.died()
		}
		s = now
	}
	return s, nil
}
