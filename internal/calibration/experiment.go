package main

import (
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// experiments are all that the page is made of, in its order.
func experiments() []experiment {
	return []experiment{coverage(), onTheLimit(), healthy(), earlyStops(), earlyPasses()}
}

// An experiment is a section of the page: a table of what many simulated runs came to.
type experiment struct {
	title string
	about string   // what is done, and what the columns mean; Markdown
	texts int      // how many columns are text; the others are figures
	head  []string // of the columns
	run   func(effort) result
}

// A result is what an experiment measured.
type result struct {
	rows     [][]string
	promises []promise
}

func (r *result) add(cells ...string) { r.rows = append(r.rows, cells) }

// An effort is how much is simulated. What several tables tell of is simulated once.
type effort struct {
	runs     int
	verdicts map[string][]verdict
}

func newEffort(runs int) effort { return effort{runs, map[string][]verdict{}} }

// simulate does one thing as often as the effort asks, on all cores, and returns what
// came of each, in order. The draws depend on the name and the number of the run alone.
func simulate[T any](e effort, name string, one func(*rand.Rand) T) []T {
	seed := fnv.New64a()
	seed.Write([]byte(name))
	all := make([]T, e.runs)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(e.runs); i = next.Add(1) - 1 {
				all[i] = one(rand.New(rand.NewPCG(seed.Sum64(), uint64(i))))
			}
		})
	}
	workers.Wait()
	return all
}
