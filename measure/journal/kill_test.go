package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// child, in the environment, makes the test binary the process that is killed:
// it is the folder of the journal that it writes.
const child = "GONOGO_JOURNAL_CHILD"

// kills, in the environment, is how many are killed: for a long run,
//
//	GONOGO_JOURNAL_KILLS=200 go test -run KilledProcess ./measure/journal
const kills = "GONOGO_JOURNAL_KILLS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(child); dir != "" {
		if err := writeUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// stride is how far the seconds are apart that are sealed, so that there is
// something to merge soon.
const stride = 7

// sealOf is what is sealed in a second: also something that came late.
func sealOfSecond(second int) []measure.Interval {
	w := newWorld(uint64(second), 1, 2)
	w.warmUp = 0
	r := measure.NewRecorder(w.config)
	for _, due := range []int{second, second / 2} {
		o := w.outcome(due)
		r.Record(&o)
	}
	return r.Seal()
}

// writeUntilKilled seals second after second and says so.
func writeUntilKilled(dir string) error {
	d, h := &disk{dir: dir}, newWorld(1, 1, 1).header()
	j, err := create(d, h)
	second := 0
	if err != nil {
		var found *Recovery
		if j, found, err = open(d, h); err != nil {
			return err
		}
		second = (found.Second/stride + 1) * stride
		if found.Second < 0 {
			second = 0
		}
	}
	j.hurry()
	j.start()
	for ; ; second += stride {
		if err := j.Add(sealOfSecond(second)); err != nil {
			return err
		}
		if _, err := fmt.Println(second); err != nil {
			return err
		}
	}
}

// A process that writes a journal is killed again and again, at whatever moment:
// what it said is sealed is there, nothing comes twice, and the next goes on.
func TestAKilledProcessLosesNothing(t *testing.T) {
	times := 20
	if more := os.Getenv(kills); more != "" {
		var err error
		times, err = strconv.Atoi(more)
		require.NoError(t, err)
	}
	random := rand.New(rand.NewPCG(1, 9))
	dir, next := path(t), 0
	var made [][]measure.Interval
	for n := range times {
		if n%20 == 0 {
			dir, next = path(t), 0
		}
		said := killOne(t, dir, time.Duration(random.Int64N(int64(50*time.Millisecond))))
		if said >= 0 {
			next = said + stride
		}
		next, made = requireSealedUpTo(t, dir, next, made)
	}
}

// killOne returns the last second that was said to be sealed, or -1.
func killOne(t *testing.T, dir string, after time.Duration) (said int) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), child+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said = -1
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		said, err = strconv.Atoi(lines.Text())
		require.NoError(t, err)
	}
	err = cmd.Wait()
	require.EqualError(t, err, "signal: killed")
	return said
}

// requireSealedUpTo tells whether a journal holds all seconds before next, and
// returns the next one after those that it holds, as one more may have been sealed
// without a word; and what was made to compare with, for the next time.
func requireSealedUpTo(t *testing.T, dir string, next int, made [][]measure.Interval) (int, [][]measure.Interval) {
	c, err := contentsOf(dir)
	if next == 0 && errors.Is(err, fs.ErrNotExist) {
		return 0, made
	}
	require.NoError(t, err)
	for _, d := range c.damage {
		require.True(t, d.Lossless, d)
	}
	var planned int64
	for _, r := range c.records {
		planned += r.Interval.Total().Planned()
	}
	if planned > int64(2*next/stride) {
		next += stride
	}
	for len(made) < next/stride {
		made = append(made, sealOfSecond(len(made)*stride))
	}
	requireSame(t, slices.Concat(made[:next/stride]...), c.records)
	return next, made
}
