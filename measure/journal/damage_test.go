package journal

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// small makes a journal of a few seconds that has merged segments, segments of
// seconds and events, and returns what is in it.
func small(t testing.TB, dir string) contents {
	w := newWorld(1, 1, 1)
	w.warmUp = 0
	j := quiet(t, dir, w.header())
	for _, second := range []int{0, 61, 122, 183, 244, 2000, 2061, 2062} {
		r := measure.NewRecorder(w.config)
		o := w.outcome(second)
		r.Record(&o)
		require.NoError(t, j.Add(r.Seal()))
	}
	require.NoError(t, j.Note(Event{Kind: Gap}))
	require.NoError(t, j.Note(Event{Kind: Ended}))
	require.NoError(t, j.mergeDue(t.Context()))
	require.NoError(t, j.Close())
	c := readAll(t, dir)
	require.Len(t, c.records, 8)
	require.Empty(t, c.damage)
	segments, _, err := list(dir)
	require.NoError(t, err)
	require.Equal(t, []segment{{1, 1, 5}, {0, 6, 6}, {0, 7, 7}}, segments)
	return c
}

// requireNoted tells whether a journal that was spoilt says so and shows nothing
// that was not in it.
func requireNoted(t *testing.T, dir string, was contents) {
	c, err := contentsOf(dir)
	if err != nil {
		require.Contains(t, err.Error(), "read journal "+dir+": ")
		return
	}
	require.NotEmpty(t, c.damage)
	require.Equal(t, was.header, c.header)
	for _, r := range c.records {
		require.Contains(t, was.records, r)
	}
	for _, e := range c.events {
		require.Contains(t, was.events, e)
	}
	lossless := !slices.ContainsFunc(c.damage, func(d Damage) bool { return !d.Lossless })
	if lossless {
		require.Len(t, c.records, len(was.records), "what is called lossless loses nothing")
	}
	require.LessOrEqual(t, len(c.records), len(was.records))
	require.LessOrEqual(t, len(c.events), len(was.events))
}

// spoil hands out every segment of a small journal, and the events.
func spoil(t *testing.T, dir string, do func(f *os.File, data []byte)) {
	names, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	require.NoError(t, err)
	require.Len(t, names, 3)
	for _, name := range append(names, filepath.Join(dir, eventsName)) {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		require.NoError(t, err)
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		do(f, data)
		_, err = f.WriteAt(data, 0)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
}

func TestEveryFlippedBitIsNoted(t *testing.T) {
	dir := path(t)
	was := small(t, dir)
	spoil(t, dir, func(f *os.File, data []byte) {
		for at := range data {
			_, err := f.WriteAt([]byte{data[at] ^ 1<<(at%8)}, int64(at))
			require.NoError(t, err)
			requireNoted(t, dir, was)
			_, err = f.WriteAt(data[at:at+1], int64(at))
			require.NoError(t, err)
		}
	})
	require.Equal(t, was, readAll(t, dir))
}

func TestEveryLengthIsNoted(t *testing.T) {
	dir := path(t)
	was := small(t, dir)
	spoil(t, dir, func(f *os.File, data []byte) {
		for length := len(data) - 1; length >= 0; length-- {
			require.NoError(t, f.Truncate(int64(length)))
			c, err := contentsOf(dir)
			if err == nil && len(c.damage) == 0 {
				require.Equal(t, eventsName, filepath.Base(f.Name()))
				require.Less(t, len(c.events), len(was.events), "it looks like a run that died before its end")
				require.Equal(t, was.events[:len(c.events)], append([]Event{}, c.events...))
				require.Equal(t, was.records, c.records)
				continue
			}
			requireNoted(t, dir, was)
		}
		require.NoError(t, os.Rename(f.Name(), f.Name()+".away"))
		requireNoted(t, dir, was)
		require.NoError(t, os.Rename(f.Name()+".away", f.Name()))
	})
	require.Equal(t, was, readAll(t, dir))
}

func TestEveryChangeOfTheHeaderIsNoted(t *testing.T) {
	h := newWorld(1, 1, 1).header()
	data, err := h.encode()
	require.NoError(t, err)
	for at := range data {
		for bit := range 8 {
			spoilt := slices.Clone(data)
			spoilt[at] ^= 1 << bit
			_, _, err := decodeHeader(spoilt)
			require.Error(t, err)
		}
		_, _, err := decodeHeader(data[:at])
		require.Error(t, err)
	}
	_, _, err = decodeHeader(append(data, 0))
	require.Error(t, err)
}

func TestATornEndIsDroppedAndTold(t *testing.T) {
	w := newWorld(1, 1, 3)
	seals := w.seals(9)
	dir := path(t)
	j := quiet(t, dir, w.header())
	for _, s := range seals[:8] {
		require.NoError(t, j.Add(s))
	}
	whole := j.current.size
	require.NoError(t, j.Add(seals[8]))
	end := j.current.size
	abandon(j)
	last := filepath.Join(dir, segment{0, 1, 1}.name())
	for _, length := range []int64{end - 1, whole + headSize, whole + 1} {
		require.NoError(t, os.Truncate(last, length))
		c := readAll(t, dir)
		require.Equal(t, []Damage{{
			File: "0-00000001-00000001.seg", Offset: whole, Bytes: length - whole, From: 7, To: -1, Cause: "the end is torn", Lossless: true,
		}}, c.damage)
		requireSame(t, slices.Concat(seals[:8]...), c.records)
	}
	j, found, err := Open(dir, w.header())
	require.NoError(t, err)
	require.Equal(t, "0-00000001-00000001.seg: dropped 1 bytes at byte "+itoa(whole)+": the end is torn; nothing that was sealed is lost", found.Damage[0].String())
	require.Equal(t, 7, found.Second)
	require.NoError(t, j.Close())
	c := readAll(t, dir)
	require.Empty(t, c.damage, "it was cut off")
	require.Contains(t, c.events[0].Text, "the end is torn", "and an event tells of it")
	requireSame(t, slices.Concat(seals[:8]...), c.records)
}

func TestDamageInTheMiddleLosesOneFrame(t *testing.T) {
	w := newWorld(1, 1, 3)
	seals := w.seals(9)
	dir := path(t)
	j := quiet(t, dir, w.header())
	var ends []int64
	for _, s := range seals {
		require.NoError(t, j.Add(s))
		ends = append(ends, j.current.size)
	}
	require.NoError(t, j.Close())
	name := filepath.Join(dir, segment{0, 1, 1}.name())
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	for what, at := range map[string]int64{"its length": ends[3] + 5, "its payload": ends[3] + 40, "its marker": ends[3]} {
		spoilt := slices.Clone(data)
		spoilt[at] ^= 0x40
		require.NoError(t, os.WriteFile(name, spoilt, 0o600))
		c := readAll(t, dir)
		require.Equal(t, []Damage{{
			File: "0-00000001-00000001.seg", Offset: ends[3], Bytes: ends[4] - ends[3], From: 3, To: 5, Cause: "the checksum does not hold",
		}}, c.damage, what)
		requireSame(t, slices.Concat(append(slices.Clone(seals[:4]), seals[5:]...)...), c.records)
	}
}

func TestDamageIsRememberedWhenItIsMerged(t *testing.T) {
	dir := path(t)
	w := newWorld(1, 1, 3)
	j := quiet(t, dir, w.header())
	seals := w.seals(301)
	for _, s := range seals {
		require.NoError(t, j.Add(s))
	}
	name := filepath.Join(dir, segment{0, 2, 2}.name())
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(name, data, 0o600))
	j.newest = 10_000
	require.NoError(t, j.mergeDue(t.Context()))
	require.NoFileExists(t, name)
	c := readAll(t, dir)
	require.Empty(t, c.damage)
	require.Len(t, c.events, 1)
	require.Equal(t, Damaged, c.events[0].Kind)
	require.Contains(t, c.events[0].Text, "0-00000002-00000002.seg: dropped")
	require.NoError(t, j.Close())
}

func TestWhatIsNoJournalIsRefused(t *testing.T) {
	other := newWorld(9, 2, 1)
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  string
	}{
		{"nothing there", func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, "no such file"},
		{"a file", func(t *testing.T, dir string) {
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, os.WriteFile(dir, nil, 0o600))
		}, "it is a file, want a folder"},
		{"an empty folder", func(t *testing.T, dir string) {
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, os.Mkdir(dir, 0o700))
		}, "it has no header, so it is no journal"},
		{"an empty header", func(t *testing.T, dir string) { write(t, dir, "", headerName, headerCopy) }, "header: it is empty"},
		{"another file as header", func(t *testing.T, dir string) { write(t, dir, "<html>", headerName, headerCopy) }, `header: at byte 0: want "gonogo journal "`},
		{"a newer version", func(t *testing.T, dir string) {
			write(t, dir, "gonogo journal 3\nwhatever", headerName, headerCopy)
		}, "its format is version 3 and this gonogo reads up to 2: use the gonogo that wrote it"},
		{"a segment of another run", func(t *testing.T, dir string) { copyOf(t, other, dir, segment{0, 6, 6}.name()) }, "0-00000006-00000006.seg: at byte 0: it belongs to another journal"},
		{"the events of another run", func(t *testing.T, dir string) { copyOf(t, other, dir, eventsName) }, "events: at byte 0: it belongs to another journal"},
		{"a segment under another name", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(dir+"/0-00000006-00000006.seg", dir+"/0-00000007-00000007.seg"))
		}, `it was called "0-00000006-00000006.seg": give it its name back`},
		{"segments that overlap", func(t *testing.T, dir string) { write(t, dir, "", "1-00000004-00000006.seg") }, "1-00000004-00000006.seg: there can be no such segment"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := path(t)
			small(t, dir)
			test.spoil(t, dir)
			_, err := contentsOf(dir)
			require.ErrorContains(t, err, "read journal "+dir)
			require.ErrorContains(t, err, test.want)
			_, _, err = Open(dir, newWorld(1, 1, 1).header())
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestALostHeaderIsRestoredFromItsCopy(t *testing.T) {
	dir := path(t)
	was := small(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, headerName)))
	c := readAll(t, dir)
	require.Equal(t, was.records, c.records)
	require.Contains(t, c.damage[0].String(), "header: ")
	require.Contains(t, c.damage[0].String(), "its copy is whole")
	j, found, err := Open(dir, was.header)
	require.NoError(t, err)
	require.Equal(t, c.damage, found.Damage)
	require.NoError(t, j.Close())
	require.Empty(t, readAll(t, dir).damage)
	require.FileExists(t, filepath.Join(dir, headerName))
}

// A segment that covers others only by its name must not make them go away.
func TestWhatCoversOthersAndIsNotWholeDoesNotCount(t *testing.T) {
	for _, name := range []string{"1-00000006-00000007.seg", "5-00000001-00000007.seg", "2-00000001-00000006.seg"} {
		dir := path(t)
		was := small(t, dir)
		write(t, dir, "", name)
		c := readAll(t, dir)
		require.Equal(t, was.records, c.records)
		require.Equal(t, name+": dropped 0 bytes at byte 0: it is not whole; what it was made of is read; nothing that was sealed is lost", c.damage[0].String())
		again(t, dir, was.header, name, func(*Writer) {})
		require.Equal(t, was.records, readAll(t, dir).records)
	}
}

// write writes the same text into files.
func write(t *testing.T, dir, text string, names ...string) {
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

// copyOf puts a file of another run's journal in the place of this one's.
func copyOf(t *testing.T, other *world, dir, name string) {
	from := path(t)
	h := other.header()
	h.Run = "another"
	j := quiet(t, from, h)
	for second := range 7 {
		r := measure.NewRecorder(other.config)
		o := other.outcome(second * 61)
		r.Record(&o)
		require.NoError(t, j.Add(r.Seal()))
	}
	require.NoError(t, j.Close())
	data, err := os.ReadFile(filepath.Join(from, name))
	require.NoError(t, err)
	write(t, dir, string(data), name)
}

func TestARunDoesNotGoOnInTheJournalOfAnother(t *testing.T) {
	dir := path(t)
	small(t, dir)
	tests := []struct {
		name   string
		change func(*Header)
		want   string
	}{
		{"another scenario", func(h *Header) { h.SHA256, h.Scenario = "99aa", "api" }, `it is of another scenario: "shop" with SHA-256 5f0c4a0e9b7d, not "api" with 99aa`},
		{"another seed", func(h *Header) { h.Seed++ }, "it is of another seed: 7, not 8"},
		{"another measurement", func(h *Header) { h.Config.Charge++ }, "it measures something else"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newWorld(1, 1, 1).header()
			test.change(&h)
			_, _, err := Open(dir, h)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestHeadersThatNoRunCanHaveAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Header)
		want   string
	}{
		{"no id", func(h *Header) { h.Run = "" }, "no run id"},
		{"no steps", func(h *Header) { h.Config.Steps = nil }, "0 steps"},
		{"a limit of no step", func(h *Header) { h.Config.Limits = []measure.Limit{{Step: 1}} }, "limit 0 of the header is about step 1 of 1"},
		{"a scenario that is no JSON", func(h *Header) { h.Effective = []byte("target: x") }, "encode the header"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newWorld(1, 1, 1).header()
			test.change(&h)
			_, err := Create(path(t), h)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestIntervalsThatMakeNoSenseAreNotAdded(t *testing.T) {
	w := newWorld(1, 1, 3)
	j := quiet(t, path(t), w.header())
	other := newWorld(2, 3, 10).seals(1)[0]
	require.ErrorContains(t, j.Add(other), "want 2 limits, got 5")
	wrong := w.seals(1)
	wrong[0][0].Steps[0].BytesIn = -1
	require.ErrorContains(t, j.Add(wrong[0]), "want a number up to")
	good := w.seals(1)[0]
	require.NoError(t, j.Add(good))
	require.NoError(t, j.Close())
	c := readAll(t, j.disk.dir)
	requireSame(t, good, c.records)
	require.Equal(t, Lost, c.events[0].Kind)
	var requests int64
	for n := range other {
		requests += other[n].Total().Planned()
	}
	require.Equal(t, requests, c.events[0].Requests, "what is not added is told")
}
