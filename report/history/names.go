package history

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Most is how many reports of a folder are looked at: the newest by their names.
const Most = 5000

// A key orders the names of reports by the start of their run.
type key struct {
	stamp  string // 20251214_090212
	merged int    // 1: it was merged of several
	n      int    // of those that started in the same second
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.stamp, other.stamp), cmp.Compare(k.merged, other.merged), cmp.Compare(k.n, other.n))
}

// keyOf reads the name of a report as report.Save gives it; nothing else is one.
func keyOf(name string) (k key, ok bool) {
	const most = 60
	stem, ok := strings.CutSuffix(name, ".json")
	merged := 0
	stem, named := strings.CutPrefix(stem, "load_test_report_")
	if !named {
		stem, named = strings.CutPrefix(stem, "load_test_merged_")
		merged = 1
	}
	if !ok || !named || len(name) > most || len(stem) < len("20060102_150405") {
		return key{}, false
	}
	k = key{stamp: stem[:15], merged: merged, n: 1}
	if !digits(k.stamp[:8]) || k.stamp[8] != '_' || !digits(k.stamp[9:]) {
		return key{}, false
	}
	if rest := stem[15:]; rest != "" {
		after, numbered := strings.CutPrefix(rest, "_")
		n, err := strconv.Atoi(after)
		if !numbered || err != nil || !digits(after) || after[0] == '0' || n < 2 {
			return key{}, false
		}
		k.n = n
	}
	return k, true
}

func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// A listed is the name of a report.
type listed struct {
	key
	name string
}

// oldestFirst is a heap of names.
type oldestFirst []listed

func (h oldestFirst) Len() int           { return len(h) }
func (h oldestFirst) Less(i, j int) bool { return h[i].compare(h[j].key) < 0 }
func (h oldestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *oldestFirst) Push(x any) { *h = append(*h, x.(listed)) }

// Pop implements heap.Interface.
func (h *oldestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// A lister is as much of an open folder as is needed: nothing but names, which cost one look
// at the folder and none at the files.
type lister interface {
	Readdirnames(n int) ([]string, error)
}

// newest returns the names of the newest reports of a folder, at most most of them, newest
// first, and how many are older. The folder is read in chunks: it may hold any number of
// files of any name.
func newest(ctx context.Context, dir lister, most int) (names []string, older int, err error) {
	const chunk = 1024
	var found oldestFirst
	for {
		chunk, err := dir.Readdirnames(chunk)
		for _, name := range chunk {
			k, ok := keyOf(name)
			switch {
			case !ok:
			case len(found) < most:
				heap.Push(&found, listed{k, name})
			default:
				older++
				if found[0].compare(k) < 0 {
					found[0] = listed{k, name}
					heap.Fix(&found, 0)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(found, func(a, b listed) int { return b.compare(a.key) })
	for _, f := range found {
		names = append(names, f.name)
	}
	return names, older, nil
}

// newestFirst are rows by their names.
func newestFirst(known map[string]Row) []Row {
	return slices.SortedFunc(maps.Values(known), func(a, b Row) int {
		ka, _ := keyOf(a.File)
		kb, _ := keyOf(b.File)
		return kb.compare(ka)
	})
}

// keepNewest drops all but the rows of the newest reports.
func keepNewest(known map[string]Row) {
	if len(known) <= Most {
		return
	}
	for _, r := range newestFirst(known)[Most:] {
		delete(known, r.File)
	}
}
