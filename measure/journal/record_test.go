package journal

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// measured is a Record of several seconds, of a plan with two steps.
func measured(t testing.TB) (*codec, Record) {
	w := newWorld(8, 2, 30)
	w.warmUp = 0
	var records []Record
	for _, i := range measure.Join(slices.Concat(w.seals(10)...)) {
		records = append(records, single(i))
	}
	require.Len(t, records, 10)
	return &codec{config: &w.config}, stretch(0, 10, records)
}

func TestARecordSurvivesItsEncoding(t *testing.T) {
	c, r := measured(t)
	payload, err := c.stretch(&r)
	require.NoError(t, err)
	for range 2 { // what a codec uses again is clean
		back, err := c.record(payload)
		require.NoError(t, err)
		require.Equal(t, r, back)
	}
	for n := range payload {
		_, err := c.record(payload[:n])
		require.Error(t, err)
	}
	_, err = c.record(append(slices.Clone(payload), 0))
	require.ErrorContains(t, err, "no more and no less")
}

func TestRecordsThatContradictThemselvesAreRefused(t *testing.T) {
	cells := func(change func([]measure.Cell) []measure.Cell) func(*Record) {
		return func(r *Record) { r.Cells = change(r.Cells) }
	}
	tests := []struct {
		name  string
		spoil func(*Record)
		want  string
	}{
		{"a second is missing", cells(func(c []measure.Cell) []measure.Cell { return c[1:] }), "the counters of second 0 on: they do not add up"},
		{"a second twice", cells(func(c []measure.Cell) []measure.Cell { return append(c[:2], c[1:]...) }), "a second comes twice"},
		{"a second too late", cells(func(c []measure.Cell) []measure.Cell { c[9].Second = 10; return c }), "want a number up to"},
		{"one request more", cells(func(c []measure.Cell) []measure.Cell { c[0].Steps[0].Class[measure.OK]++; return c }), "they count more than the interval"},
		{"one beyond a limit more", cells(func(c []measure.Cell) []measure.Cell {
			c[0].Over = slices.Clone(c[0].Over)
			c[0].Over[0] += 1000
			return c
		}), "they count more than the interval"},
		{"another step", cells(func(c []measure.Cell) []measure.Cell { c[0].Steps[1].Step = 7; return c }), "step 7"},
		{"a run of a group more", cells(func(c []measure.Cell) []measure.Cell { c[0].Groups[0].Class[measure.OK]++; return c }), "they count more than the interval"},
		{"another group", cells(func(c []measure.Cell) []measure.Cell { c[0].Groups[0].Step = 7; return c }), "they know group 7 and the interval does not"},
		{"a second without its group", cells(func(c []measure.Cell) []measure.Cell { c[0].Groups = nil; return c }), "they do not add up"},
		{"a step twice", cells(func(c []measure.Cell) []measure.Cell { c[0].Steps[1].Step = 0; return c }), "a step comes twice"},
		{"limits that are none", func(r *Record) { r.Interval.Over = r.Interval.Over[1:] }, "want 4 limits, got 3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, r := measured(t)
			test.spoil(&r)
			payload, err := c.stretch(&r)
			require.NoError(t, err)
			_, err = c.record(payload)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestALabelThatLiesIsRefused(t *testing.T) {
	c, r := measured(t)
	raw := appendCells(appendInterval(nil, &r.Interval), &r.Interval, r.Cells)
	tests := []struct {
		name string
		l    label
		raw  []byte
		want string
	}{
		{"more than a plan can have", label{to: 9, phase: measure.Measure}, make([]byte, c.limit()+1), "take 5242881 bytes, the limit is 5242880"},
		{"another second", label{from: 10, to: 19, phase: measure.Measure}, raw, "want second 10 of measure, got 0"},
		{"another phase", label{to: 9, phase: measure.Ramp}, raw, "want second 0 of ramp, got 0 of measure"},
		{"a shorter interval", label{to: 9, phase: measure.Measure}, raw[:20], "an interval is longer than what holds it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			payload, err := c.pack(test.l, test.raw, true)
			if err == nil {
				_, err = c.record(payload)
			}
			require.ErrorContains(t, err, test.want)
		})
	}
	t.Run("a bomb", func(t *testing.T) {
		wide := &codec{config: &measure.Config{Steps: make([]string, 500)}}
		payload, err := wide.pack(label{}, make([]byte, 50<<20), false)
		require.NoError(t, err)
		_, err = c.record(payload)
		require.ErrorContains(t, err, "want up to 5242880 bytes for 3 steps and groups, got 52428800")
		lies := append(label{raw: 100}.append(nil), payload[len(label{raw: 50 << 20}.append(nil)):]...)
		_, err = c.record(lies)
		require.ErrorContains(t, err, "want 100 bytes, no more and no less")
	})
}

// spoiltSegment puts payloads with right checksums into a journal.
func spoiltSegment(t testing.TB, dir string, s segment, kind byte, payloads ...[]byte) {
	d := &disk{dir: dir}
	_, tag, _, err := readHeader(d)
	require.NoError(t, err)
	f, err := newFile(d, s.name(), s.name(), tag)
	require.NoError(t, err)
	for _, p := range payloads {
		require.NoError(t, f.append(kind, p))
	}
	require.NoError(t, f.Close())
}

func TestSegmentsThatMakeNoSenseAreRefused(t *testing.T) {
	stretchOf := func(from, to int, phase measure.Phase) []byte {
		return label{from: from, to: to, phase: phase}.append(nil)
	}
	tests := []struct {
		name     string
		s        segment
		kind     byte
		payloads [][]byte
		want     string
	}{
		{"another length", segment{1, 6, 6}, kindStretch, [][]byte{stretchOf(0, 59, 0)}, "the seconds 0 to 59 of ramp are out of order"},
		{"out of order", segment{1, 6, 6}, kindStretch, [][]byte{stretchOf(10, 19, 0), stretchOf(0, 9, 0)}, "out of order"},
		{"twice", segment{1, 6, 6}, kindStretch, [][]byte{stretchOf(10, 19, 2), stretchOf(10, 19, 2)}, "out of order"},
		{"no label", segment{1, 6, 6}, kindStretch, [][]byte{{}}, "it ends too early"},
		{"a batch in a merged segment", segment{1, 6, 6}, kindBatch, [][]byte{stretchOf(0, 9, 0)}, `a frame of kind 'B' makes no sense here`},
		{"a kind that is none", segment{0, 6, 6}, 'X', [][]byte{{}}, `a frame of kind 'X' makes no sense here`},
		{"more behind the end", segment{0, 6, 6}, kindEnd, [][]byte{{}, {}}, "a frame behind the last one"},
		{"more than fits", segment{0, 6, 6}, kindBatch, [][]byte{label{raw: maxRaw}.append(nil), label{raw: maxRaw}.append(nil)}, "more than the 83886080 bytes"},
		{"a level that is none", segment{7, 6, 6}, kindStretch, nil, "there can be no such segment"},
		{"a batch that cannot be decompressed", segment{0, 6, 6}, kindBatch, [][]byte{append(label{raw: 9}.append(nil), 1, 2, 3)}, "decompress the seconds from 0 on"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := path(t)
			small(t, dir)
			require.NoError(t, os.Remove(filepath.Join(dir, segment{0, 6, 6}.name())))
			spoiltSegment(t, dir, test.s, test.kind, test.payloads...)
			_, err := contentsOf(dir)
			require.ErrorContains(t, err, test.s.name()+": ")
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestTooManySegmentsAreRefused(t *testing.T) {
	err := new(Reader).choose(nil, make([]segment, maxSegments+1))
	require.ErrorContains(t, err, "it has 4097 segments, the limit is 4096")
}

func TestTooManyEventsAreRefused(t *testing.T) {
	dir := path(t)
	small(t, dir)
	require.NoError(t, os.Truncate(filepath.Join(dir, eventsName), maxEvents+1))
	_, err := Read(dir)
	require.ErrorContains(t, err, "events: it has 16777217 bytes, and gonogo writes up to 16777216")
}

// A disk that gets full every second for days must not fill the events: there is
// room kept for the caller's.
func TestOurOwnEventsLeaveRoom(t *testing.T) {
	dir := path(t)
	j := quiet(t, dir, newWorld(1, 1, 1).header())
	j.events.size = maxEvents - eventRoom
	j.note(Event{Kind: Full})
	require.NoError(t, j.Note(Event{Kind: Ended}))
	j.events.size = maxEvents
	require.ErrorContains(t, j.Note(Event{Kind: Ended}), "events has 16777216 bytes, the limit is 16777216")
	j.events.size = 0
	for range maxNotes {
		j.note(Event{Kind: Full})
	}
	require.Len(t, j.waiting.events, ownNotes)
	j.events.size = maxEvents
	for range maxNotes {
		_ = j.Note(Event{Kind: Gap})
	}
	require.Len(t, j.waiting.events, maxNotes)
	require.ErrorContains(t, j.Note(Event{Kind: Gap}), "1000 events wait in memory, this one is lost")
	require.Error(t, j.Close())
}

func TestTheClocksAreCompared(t *testing.T) {
	w := newWorld(1, 1, 1)
	seals := w.seals(4)
	dir := path(t)
	j := quiet(t, dir, w.header())
	wall, mono := time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC), time.Duration(0)
	j.clock = clock{now: func() (time.Time, time.Duration) { return wall, mono }}
	for n, step := range []time.Duration{0, time.Second, time.Hour, -time.Hour} {
		wall, mono = wall.Add(step), mono+time.Second
		require.NoError(t, j.Add(seals[n]))
	}
	require.NoError(t, j.Close())
	events := readAll(t, dir).events
	require.Len(t, events, 3)
	require.Equal(t, ClockJumped, events[0].Kind)
	require.Equal(t, time.Hour-time.Second, events[0].Length)
	require.Equal(t, -time.Hour-time.Second, events[1].Length)
}

// The format is what is on disks already: it must not change without a new
// version. The name of the segment, the tag and the offset are in the checksum.
func TestTheFormatStays(t *testing.T) {
	got := sealOf("0123456789abcdef", "0-00000001-00000001.seg").appendFrame(nil, 57, kindBatch, []byte("payload"))
	require.Equal(t, "\xc3jfB\x07\x00\x00\x00", string(got[:8]))
	require.Equal(t, uint32(0xf4e36970), binary.LittleEndian.Uint32(got[8:]))
	require.Equal(t, uint32(0x5515c387), binary.LittleEndian.Uint32(got[12:]))
	h := newWorld(1, 1, 1).header()
	data, err := h.encode()
	require.NoError(t, err)
	require.Equal(t, `gonogo journal 2
`, string(data[:17]))
	require.Equal(t, `{"run":"20251213_160000","started":"2025-12-13T16:00:00Z","scenario":"shop","sha256":"5f0c4a0e9b7d",`+
		`"effective":{"target":"http://shop/<1>"},"seed":7,"config":{"Steps":["step 0"],"Limits":[{"Step":0,"Latency":20000000,"Inclusive":false},`+
		`{"Step":-1,"Latency":100000000,"Inclusive":true}],"Highest":7200000000000,"Charge":2000000000},"planned_ns":86400000000000,`+
		`"phases_ns":[0,5000000000,0,0,0,0],"meta":{"by":"sre"}}`, string(data[17+headSize:]))
	require.Equal(t, []byte{5, 4, 2, 0, 0x80, 1}, label{from: 5, to: 9, phase: measure.Measure, raw: 128}.append(nil))
	require.Equal(t, math.MaxInt32, maxSecond, "as measure has it")
}

// What an earlier gonogo wrote has no groups, and four phases.
func TestAHeaderOfVersion1IsRead(t *testing.T) {
	line := "gonogo journal 1\n"
	text := `{"run":"a","started":"2025-12-13T16:00:00Z","scenario":"shop","sha256":"5f","seed":7,"config":{"Steps":["x"],"Limits":null,"Highest":0,"Charge":0},` +
		`"planned_ns":9,"phases_ns":[1,2,3,4]}`
	h, _, err := decodeHeader(seal(0).appendFrame([]byte(line), int64(len(line)), kindHeader, []byte(text)))
	require.NoError(t, err)
	require.Equal(t, [measure.Phases]time.Duration{1, 2, 3, 4}, h.Phases)
	require.Equal(t, measure.Config{Steps: []string{"x"}}, h.Config)
	require.NoError(t, owner{tag: "t", name: "n"}.check([]byte("\x01t n")))
}

func TestGroupsOfAHeader(t *testing.T) {
	h := newWorld(1, 2, 1).header()
	data, err := h.encode()
	require.NoError(t, err)
	back, _, err := decodeHeader(data)
	require.NoError(t, err)
	require.Equal(t, []string{"both"}, back.Config.Groups)
	other := h
	other.Config.Groups = []string{"neither"}
	require.ErrorContains(t, h.Same(&other), "it measures something else: the steps, groups, limits")
	h.Config.Groups = nil
	_, err = h.encode()
	require.ErrorContains(t, err, "limit 2 of the header is about step 2 of 2")
}
