package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// Whatever a file holds, frames come out that are in it, and holes are between
// them.
func FuzzFrames(f *testing.F) {
	s := sealOf("tag", "name")
	two := s.appendFrame(s.appendFrame(nil, 0, kindFile, []byte("whose")), 21, kindBatch, []byte("what"))
	f.Add(two)
	f.Add(append([]byte("torn \xc3jf"), two...))
	f.Add(append(two[:len(two):len(two)], two[:19]...))
	f.Add(bytes.Repeat([]byte(marker), 50))
	f.Fuzz(func(t *testing.T, data []byte) {
		scan := scanner{file: bytes.NewReader(data), seal: s, size: int64(len(data))}
		var covered int64
		for {
			next, err := scan.next()
			if done, err := ended(err); done {
				require.NoError(t, err)
				break
			}
			require.NoError(t, err)
			again := s.appendFrame(nil, next.offset, next.kind, next.payload)
			require.Equal(t, data[next.offset:next.offset+int64(len(again))], again)
			covered += int64(len(again))
		}
		for _, h := range scan.damaged {
			require.Positive(t, h.bytes)
			covered += h.bytes
		}
		require.EqualValues(t, len(data), covered)
	})
}

// Whatever is in a frame with right checksums: a Record, or an error. A Record has
// one encoding.
func FuzzRecord(f *testing.F) {
	c, r := measured(f)
	raw := appendCells(appendInterval(nil, &r.Interval), &r.Interval, r.Cells)
	f.Add(0, 9, raw)
	_, one := measured(f)
	one = stretch(0, 1, []Record{single(measure.Interval{Over: one.Interval.Over, Steps: one.Interval.Steps, Groups: one.Interval.Groups, Errors: one.Interval.Errors})})
	f.Add(0, 0, appendInterval(nil, &one.Interval))
	f.Fuzz(func(t *testing.T, from, to int, raw []byte) {
		if from < 0 || to < from || to > maxSecond {
			return
		}
		payload, err := c.pack(label{from: from, to: to, phase: measure.Measure}, raw, true)
		require.NoError(t, err)
		if records, err := c.records(payload); err == nil {
			var again []byte
			for n := range records {
				again = appendInterval(again, &records[n].Interval)
			}
			require.Equal(t, raw, append([]byte{}, again...))
		}
		if r, err := c.record(payload); err == nil {
			s := measure.NewSummary(*c.config)
			s.Merge(r.Interval)
			packed, err := c.stretch(&r)
			require.NoError(t, err)
			back, err := c.record(packed)
			require.NoError(t, err)
			require.Equal(t, r, back)
		}
	})
}

// Whatever the files of a journal hold: what comes out fits the header.
func FuzzRead(f *testing.F) {
	dir := path(f)
	small(f, dir)
	var seeds [3][]byte
	names := [3]string{segment{1, 1, 5}.name(), segment{0, 7, 7}.name(), eventsName}
	for n, name := range names {
		var err error
		seeds[n], err = os.ReadFile(filepath.Join(dir, name))
		require.NoError(f, err)
	}
	f.Add(seeds[0], seeds[1], seeds[2])
	f.Add(seeds[0][:len(seeds[0])/2], seeds[1][:100], []byte{})
	f.Fuzz(func(t *testing.T, merged, seconds, events []byte) {
		for n, data := range [][]byte{merged, seconds, events} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, names[n]), data, 0o600))
		}
		r, err := Read(dir)
		if err != nil {
			return
		}
		defer r.Close()
		for record, err := range r.Records() {
			if err != nil {
				return
			}
			require.NoError(t, record.Interval.Fits(&r.header.Config))
		}
	})
}

func FuzzHeader(f *testing.F) {
	h := newWorld(1, 1, 1).header()
	data, err := h.encode()
	require.NoError(f, err)
	f.Add(data[17+headSize:], false)
	f.Add(data, true)
	f.Add([]byte("gonogo journal 99\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, whole bool) {
		if !whole {
			data = seal(0).appendFrame([]byte("gonogo journal 1\n"), 17, kindHeader, data)
		}
		h, tag, err := decodeHeader(data)
		if err != nil {
			return
		}
		require.Len(t, tag, 16)
		require.NoError(t, h.check())
		again, err := h.encode()
		require.NoError(t, err)
		back, _, err := decodeHeader(again)
		require.NoError(t, err)
		require.NoError(t, back.Same(&h))
	})
}

func FuzzEvent(f *testing.F) {
	payload, err := Event{Kind: Gap, Text: "slept"}.encode(3)
	require.NoError(f, err)
	f.Add(payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, segment, err := decodeEvent(payload)
		if err != nil {
			return
		}
		again, err := e.encode(segment)
		require.NoError(t, err)
		_, same, err := decodeEvent(again)
		require.NoError(t, err)
		require.Equal(t, segment, same)
	})
}
