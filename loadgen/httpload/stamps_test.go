package httpload

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// On a virtual clock the time of day and the run's own go alike, until the test
// sets the first: which is to say that the difference was another when it was
// taken.
func TestStampsBecomeInstants(t *testing.T) {
	const us, ms = time.Microsecond, time.Millisecond
	type look struct {
		after   time.Duration // passes before the answer comes
		set     time.Duration // by which the time of day is set then
		sent    time.Duration // before the answer
		came    time.Duration // before it is read
		unknown bool          // the kernel gave no stamp
		ok      bool
	}
	tests := []struct {
		name  string
		looks []look
	}{
		{"no stamp", []look{{sent: ms, unknown: true}}},
		{"the first one", []look{{after: ms, sent: ms, ok: true}}},
		{"a reader that is late", []look{{after: 50 * ms, sent: 30 * ms, came: 20 * ms, ok: true}}},
		{"an answer as soon as the request is sent", []look{{after: 50 * ms, sent: 20 * ms, came: 20 * ms, ok: true}}},
		{"an answer before the request, which is none", []look{{after: 50 * ms, sent: 20 * ms, came: 20*ms + 1}}},
		{"an answer from the future", []look{{after: 50 * ms, sent: 20 * ms, came: -1}}},
		{"many, with a comparison now and then", []look{
			{after: ms, sent: ms, ok: true}, {after: 150 * ms, sent: ms, ok: true}, {after: 50 * ms, sent: ms, ok: true}, {after: 150 * ms, sent: ms, ok: true},
		}},
		{"the time of day drifts, and the next comparison follows", []look{
			{after: ms, sent: ms, ok: true},
			{after: 150 * ms, set: 200 * us, sent: ms, ok: true},
			{after: 150 * ms, set: -200 * us, sent: ms, ok: true},
		}},
		{"it steps forward: refused until two comparisons agree", []look{
			{after: ms, sent: ms, ok: true},
			{after: 150 * ms, set: 201 * us, sent: 10 * ms, came: 5 * ms},
			{after: 50 * ms, sent: 10 * ms, came: 5 * ms},
			{after: 50 * ms, sent: 10 * ms, came: 5 * ms}, // exactly as long ago as a comparison lasts
			{after: 1, sent: 10 * ms, came: 5 * ms, ok: true},
		}},
		{"it steps back: refused until two comparisons agree", []look{
			{after: ms, sent: ms, ok: true},
			{after: 150 * ms, set: -time.Hour, sent: 10 * ms, came: 5 * ms},
			{after: 101 * ms, sent: 10 * ms, came: 5 * ms, ok: true},
		}},
		{"it steps again and again", []look{
			{after: ms, sent: ms, ok: true},
			{after: 101 * ms, set: time.Second, sent: 10 * ms, came: 5 * ms},
			{after: 101 * ms, set: time.Second, sent: 10 * ms, came: 5 * ms},
			{after: 101 * ms, set: -time.Second, sent: 10 * ms, came: 5 * ms},
			{after: 101 * ms, sent: 10 * ms, came: 5 * ms, ok: true},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stampClock{clock: loadgen.NewClock()}
				for i, look := range test.looks {
					time.Sleep(look.after)
					s.offset.Add(int64(-look.set))
					read := s.clock.Now()
					stamp := time.Now().Add(-look.came).UnixNano()
					if look.unknown {
						stamp = 0
					}
					at, ok := s.instant(stamp, read-look.sent, read)
					require.Equal(t, look.ok, ok, "look %d", i)
					if ok {
						require.Equal(t, read-look.came, at)
					}
				}
			})
		})
	}
}

// Users compare the clocks for each other, and only one at a time.
func TestOneUserComparesTheClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stampClock{clock: loadgen.NewClock()}
		time.Sleep(time.Millisecond)
		s.busy.Store(true)
		_, ok := s.instant(time.Now().UnixNano(), 0, s.clock.Now())
		require.False(t, ok, "another is about to, and nobody knows yet")
		s.busy.Store(false)
		_, ok = s.instant(time.Now().UnixNano(), 0, s.clock.Now())
		require.True(t, ok)
		time.Sleep(time.Second)
		s.busy.Store(true)
		_, ok = s.instant(time.Now().UnixNano(), 0, s.clock.Now())
		require.True(t, ok, "the last comparison serves until the next is made")
	})
}
