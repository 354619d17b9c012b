package journal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// A platter knows what is left of a folder when the power fails: of a file what
// was there when it was made durable, of names those of the last time that the
// folder was. All that came later may be there or not, each by itself.
type platter struct {
	*rand.Rand
	dir               string
	volatile, durable map[string]int // names to files
	content           map[int][]byte // of files, durable
	files             int
	done              call
}

func newPlatter(dir string, seed uint64) *platter {
	return &platter{Rand: rand.New(rand.NewPCG(seed, 3)), dir: dir, volatile: map[string]int{}, content: map[int][]byte{}}
}

// next takes in the last call, which is done when the next one is asked for.
func (p *platter) next(c call) {
	last := p.done
	p.done = c
	switch last.what {
	case "create":
		p.files++
		p.volatile[last.name] = p.files
	case "sync":
		p.content[p.volatile[last.name]] = p.read(last.name)
	case "sync folder":
		p.durable = maps.Clone(p.volatile)
	case "rename":
		p.volatile[last.to] = p.volatile[last.name]
		delete(p.volatile, last.name)
	case "remove":
		delete(p.volatile, last.name)
	}
}

func (p *platter) read(name string) []byte {
	data, _ := os.ReadFile(filepath.Join(p.dir, name))
	return data
}

// fail writes what is left into another folder.
func (p *platter) fail(t testing.TB, to string) {
	require.NoError(t, os.Mkdir(to, 0o700))
	names := maps.Clone(p.durable)
	for _, name := range slices.Sorted(maps.Keys(p.volatile)) {
		if _, known := names[name]; !known && p.IntN(2) == 0 {
			if names == nil {
				names = map[string]int{}
			}
			names[name] = p.volatile[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.durable)) {
		if now, there := p.volatile[name]; p.IntN(2) == 0 {
			if names[name] = now; !there {
				delete(names, name)
			}
		}
	}
	for name, file := range names {
		require.NoError(t, os.WriteFile(filepath.Join(to, name), p.left(file), 0o600))
	}
}

// left is a file's durable content with some of what came later, or with zeros
// where that would have been.
func (p *platter) left(file int) []byte {
	durable := p.content[file]
	for name, f := range p.volatile {
		now := p.read(name)
		if f != file || len(now) <= len(durable) {
			continue
		}
		later := slices.Clone(now[len(durable):][:p.IntN(len(now)-len(durable)+1)])
		if p.IntN(3) == 0 {
			clear(later[:p.IntN(len(later)+1)])
		}
		return slices.Concat(durable, later)
	}
	return durable
}

// When the power fails between any two calls, what Sync had made durable is there,
// once, and the journal is resumed.
func TestAPowerFailureLosesOnlyWhatWasNotDurable(t *testing.T) {
	calls := countCalls(t)
	for at := 1; at <= calls; at++ {
		s, d := newStory(), &disk{dir: path(t)}
		p, n := newPlatter(d.dir, uint64(at)), 0
		d.fault = func(c call) (int, error) {
			if n++; n <= at {
				p.next(c)
			}
			if n < at {
				return c.bytes, nil
			}
			return 0, errKilled
		}
		s.tell(t, d)
		left := path(t)
		p.fail(t, left)
		s.requireDurable(t, left, fmt.Sprintf("power fails at call %d, %s %s", at, p.done.what, p.done.name))
	}
}

// requireDurable tells whether a journal has all that was durable and nothing that
// was not sealed, before and after it is resumed.
func (s *story) requireDurable(t *testing.T, dir, when string) {
	if j, err := create(quick(dir), s.header); err == nil {
		require.Empty(t, s.durable, when)
		require.NoError(t, j.Close())
		return
	}
	before := s.requireBetween(t, dir, when)
	again(t, dir, s.header, when, func(*Writer) {})
	require.Equal(t, before, s.requireBetween(t, dir, when), when)
}

func (s *story) requireBetween(t *testing.T, dir, when string) map[int]int64 {
	counts := func(all []measure.Interval) map[int]int64 {
		n := map[int]int64{}
		for _, i := range all {
			n[i.Second] += i.Total().Planned()
		}
		return n
	}
	least, most, found := counts(s.durable), counts(slices.Concat(s.sealed, s.trying)), map[int]int64{}
	for _, r := range readAll(t, dir).records {
		for _, c := range r.Cells {
			found[c.Second] += c.Steps[0].Planned()
		}
	}
	for second, n := range least {
		require.GreaterOrEqual(t, found[second], n, "%s: second %d", when, second)
	}
	for second, n := range found {
		require.LessOrEqual(t, n, most[second], "%s: second %d", when, second)
	}
	return found
}
