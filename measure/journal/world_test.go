package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// A world makes a run by chance, the same one for the same seed.
type world struct {
	*rand.Rand
	config measure.Config
	rate   int // requests a second
	warmUp int // seconds
}

func newWorld(seed uint64, steps, rate int) *world {
	c := measure.Config{Highest: 2 * time.Hour, Charge: 2 * time.Second}
	for s := range steps {
		c.Steps = append(c.Steps, fmt.Sprint("step ", s))
		c.Limits = append(c.Limits, measure.Limit{Step: s, Latency: time.Duration(20*(s+1)) * time.Millisecond})
	}
	if steps > 1 {
		c.Groups = []string{"both"}
		c.Limits = append(c.Limits, measure.Limit{Step: steps, Latency: 30 * time.Millisecond})
	}
	c.Limits = append(c.Limits, measure.Limit{Step: measure.AllSteps, Latency: 100 * time.Millisecond, Inclusive: true})
	return &world{Rand: rand.New(rand.NewPCG(seed, 7)), config: c, rate: rate, warmUp: 5}
}

func (w *world) header() Header {
	return Header{
		Run: "20251213_160000", Started: time.Date(2025, 12, 13, 16, 0, 0, 0, time.UTC), Scenario: "shop",
		SHA256: "5f0c4a0e9b7d", Effective: json.RawMessage(`{"target":"http://shop/<1>"}`), Seed: 7,
		Config: w.config, Planned: 24 * time.Hour, Phases: [measure.Phases]time.Duration{measure.WarmUp: 5 * time.Second},
		Meta: json.RawMessage(`{"by":"sre"}`),
	}
}

func (w *world) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*w.NormFloat64()))
}

// outcome is one that was due in a second. One in twenty is not OK.
func (w *world) outcome(second int) measure.Outcome {
	due := time.Duration(second)*time.Second + time.Duration(w.Int64N(int64(time.Second)))
	o := measure.Outcome{Step: w.IntN(len(w.config.Names())), Phase: measure.Measure, Due: due, Status: 200, BytesOut: 220}
	if second < w.warmUp {
		o.Phase = measure.WarmUp
	}
	o.Sent = due + w.lognormal(40*time.Microsecond, .6)
	o.FirstByte = o.Sent + w.lognormal(time.Duration(10*(o.Step+1))*time.Millisecond, .5)
	o.Done = o.FirstByte + w.lognormal(60*time.Microsecond, .7)
	o.Read = o.Done + w.lognormal(20*time.Microsecond, .8)
	o.BytesIn, o.BytesDecoded = 1500+w.Int64N(300), 1400
	if w.IntN(200) == 0 {
		o.Connect, o.TLS = w.lognormal(300*time.Microsecond, .5), w.lognormal(2*time.Millisecond, .3)
	}
	if w.IntN(20) == 0 {
		o.Class, o.Status, o.Err = measure.Timeout, 0, errors.New("no answer")
	}
	if o.Step >= len(w.config.Steps) { // as a flow measures a group
		o = measure.Outcome{Step: o.Step, Phase: o.Phase, Class: o.Class, Due: o.Due, Sent: o.Sent, Done: o.Done}
	}
	return o
}

// seals are what a run of so many seconds seals, second by second. One request in
// fifty is late, by up to half of the run.
func (w *world) seals(seconds int) [][]measure.Interval {
	late := make([][]measure.Outcome, seconds)
	r := measure.NewRecorder(w.config)
	all := make([][]measure.Interval, seconds)
	for second := range all {
		for range w.rate {
			o := w.outcome(second)
			if by := w.IntN(seconds/2 + 1); w.IntN(50) == 0 && second+by < seconds {
				o.Done += time.Duration(by) * time.Second
				o.FirstByte, o.Read = o.Done, o.Done
				late[second+by] = append(late[second+by], o)
				continue
			}
			r.Record(&o)
		}
		for i := range late[second] {
			r.Record(&late[second][i])
		}
		all[second] = r.Seal()
	}
	return all
}

// path is one for a journal.
func path(t testing.TB) string { return filepath.Join(t.TempDir(), "soak.journal") }

// quiet is a Writer that does nothing in the background.
func quiet(t testing.TB, dir string, h Header) *Writer {
	w, err := create(quick(dir), h)
	require.NoError(t, err)
	w.hurry()
	return w
}

// quick is a disk on which nothing fails and nothing is made durable.
func quick(dir string) *disk {
	return &disk{dir: dir, fault: func(c call) (int, error) { return c.bytes, nil }}
}

// again opens a journal, does something, and closes it.
func again(t testing.TB, dir string, h Header, when string, do func(*Writer)) {
	j, _, err := open(quick(dir), h)
	require.NoError(t, err, when)
	j.hurry()
	do(j)
	require.NoError(t, j.Close(), when)
}

// hurry makes merging take no rest.
func (w *Writer) hurry() { w.rest = nothing }

// contents are all that is in a journal.
type contents struct {
	header  Header
	events  []Event
	damage  []Damage
	records []Record
}

func contentsOf(dir string) (contents, error) {
	r, err := Read(dir)
	if err != nil {
		return contents{}, err
	}
	defer r.Close()
	c := contents{header: r.header, events: r.Events(), damage: r.Damage()}
	for record, err := range r.Records() {
		if err != nil {
			return contents{}, err
		}
		c.records = append(c.records, record)
	}
	return c, nil
}

func readAll(t testing.TB, dir string) contents {
	c, err := contentsOf(dir)
	require.NoError(t, err)
	return c
}

// requireSame tells whether records are what was sealed: each second of each
// phase in one of them, merged as in memory, to the last byte.
func requireSame(t testing.TB, sealed []measure.Interval, records []Record) {
	want := measure.Join(sealed)
	for n := range records {
		r := &records[n]
		var of []measure.Interval
		var cells []measure.Cell
		var rest []measure.Interval
		for _, i := range want {
			if i.Phase != r.Interval.Phase || i.Second < r.Interval.Second || i.Second >= r.Interval.Second+r.Length {
				rest = append(rest, i)
				continue
			}
			of, cells = append(of, i), append(cells, i.Cell())
		}
		want = rest
		require.NotEmpty(t, of, "record %d: second %d of %v for %d seconds", n, r.Interval.Second, r.Interval.Phase, r.Length)
		merged := measure.Stretch(r.Interval.Second, of)
		require.Equal(t, encoded(&merged), encoded(&r.Interval))
		require.Equal(t, cells, r.Cells)
	}
	require.Empty(t, want, "nothing is missing")
	require.True(t, slices.IsSortedFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Interval.Second, b.Interval.Second), cmp.Compare(a.Interval.Phase, b.Interval.Phase))
	}), "in order of time")
}

func encoded(i *measure.Interval) []byte {
	data, _ := i.MarshalBinary()
	return data
}

// abandon leaves a journal as a process does that dies.
func abandon(j *Writer) {
	for _, f := range append(slices.Clone(j.unsynced), j.current, j.events) {
		if f != nil {
			_ = f.Close()
		}
	}
	_ = j.lock.Close()
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// leftOver lists what is in a journal and does not count.
func leftOver(t testing.TB, dir string) []string {
	_, names, err := list(dir)
	require.NoError(t, err)
	r, err := Read(dir)
	require.NoError(t, err)
	defer r.Close()
	for _, s := range r.covered {
		names = append(names, s.name())
	}
	return names
}

// descriptorsOf tells whether this process has a file open in a folder.
func descriptorsOf(t testing.TB, dir string) bool {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system has no /proc: ", err)
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		to, _ := os.Readlink("/proc/self/fd/" + e.Name())
		return strings.HasPrefix(to, dir)
	})
}
