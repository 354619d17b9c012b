package metrics

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// faked is a Receiver of which only the way to send is real.
func faked(send func(ctx context.Context, s *Snapshot) error) *Receiver {
	return &Receiver{Name: "--somewhere", Every: 10 * time.Second, send: send, client: &http.Client{}}
}

func TestASenderSendsNowAndThenAndAtTheEnd(t *testing.T) {
	broken := errors.New("broken")
	hangs := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	tests := []struct {
		name   string
		answer func(ctx context.Context, push int) error
		pushes Pushes
		warned []string
		after  time.Duration // the last second it ends
		ends   time.Duration // how long Finish takes
	}{
		{"one that takes them all", func(context.Context, int) error { return nil }, Pushes{Made: 5}, nil, 6 * time.Second, 0},
		{"one that was down for a while is warned of once", func(_ context.Context, push int) error {
			if push == 2 || push == 3 {
				return broken
			}
			return nil
		}, Pushes{Made: 5, Failed: 2, Last: broken}, []string{"broken"}, 6 * time.Second, 0},
		{
			"one that hangs holds nothing up but the end, and that not for long", func(ctx context.Context, _ int) error { return hangs(ctx) },
			Pushes{Made: 5, Failed: 5, Last: context.DeadlineExceeded},
			[]string{"context deadline exceeded"},
			6 * time.Second, lastPatience,
		},
		{"a push that the end cuts short does not count: the last one has it all", func(ctx context.Context, push int) error {
			if push == 4 {
				return hangs(ctx)
			}
			return nil
		}, Pushes{Made: 4}, nil, time.Second, 0},
		{"what is left out by agreement is no failure", func(_ context.Context, push int) error {
			if push == 1 {
				return &concession{errors.New("no buckets")}
			}
			return nil
		}, Pushes{Made: 5}, []string{"no buckets"}, 6 * time.Second, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []*Snapshot
				var warned []string
				c := small(objectives{})
				to := faked(func(ctx context.Context, s *Snapshot) error {
					sent = append(sent, s)
					return tt.answer(ctx, len(sent))
				})
				s := Send(c, to, func(err error) { warned = append(warned, err.Error()) })
				observe(c, 31)
				time.Sleep(tt.after)
				c.Decide("GO", epoch.Add(time.Minute))
				start := time.Now()
				got := s.Finish()
				require.Equal(t, tt.ends, time.Since(start))
				tt.pushes.To = "--somewhere"
				require.Equal(t, tt.pushes, got)
				require.Equal(t, tt.warned, warned)
				require.Len(t, sent, 5)
				for i, at := range []time.Duration{1, 11, 21, 31, 60} {
					require.Equal(t, epoch.Add(at*time.Second), sent[i].At, "the newest one each time")
				}
				require.EqualValues(t, 1, values(sent[4], "gonogo_decision")["shop GO"])
			})
		})
	}
}

// observe lets a run go on for so many seconds. Pushes fall between two of them.
func observe(c *Collector, seconds int) {
	c.Observe(second(time.Second, 2))
	time.Sleep(time.Second / 2)
	for at := 2; at <= seconds; at++ {
		c.Observe(second(time.Duration(at)*time.Second, 2))
		time.Sleep(time.Second)
	}
}

// A receiver that hangs longer than the time between two pushes gets the newest state
// next, not all that it missed.
func TestASenderKeepsNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Duration
		c := small(objectives{})
		s := Send(c, faked(func(ctx context.Context, s *Snapshot) error {
			sent = append(sent, s.At.Sub(epoch))
			<-ctx.Done()
			return ctx.Err()
		}), func(error) {})
		observe(c, 100)
		require.Equal(t, 11, s.Finish().Made)
		require.Len(t, sent, 11)
		require.Equal(t, 100*time.Second, sent[10])
	})
}

// A run that never began has nothing to send.
func TestASenderOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Send(small(objectives{}), faked(func(context.Context, *Snapshot) error { return errors.New("asked") }), func(error) {})
		time.Sleep(time.Minute)
		require.Equal(t, Pushes{To: "--somewhere"}, s.Finish())
	})
}
