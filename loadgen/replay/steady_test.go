package replay

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// heap is what is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestAMillionLinesTakeLittleMemory(t *testing.T) {
	lines := 1_000_000
	if raced {
		lines = 50_000
	}
	path := filepath.Join(t.TempDir(), "long.ndjson")
	file, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriterSize(file, 1<<20)
	for i := range lines {
		_, err = fmt.Fprintf(w, "{\"at\":%d.%03d,\"method\":\"GET\",\"path\":\"/items/%d?page=1\",\"host\":\"shop.example.test\"}\n", i/1000, i%1000, i)
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush())
	require.NoError(t, file.Close())

	before := heap()
	trace, err := Open(Options{Path: path})
	require.NoError(t, err)
	defer trace.Close()
	p := trace.Play(0)
	defer p.Close()
	n, most := 0, int64(0)
	for _, ok := p.Next(); ok; _, ok = p.Next() {
		if n++; n%(lines/4) == 0 {
			most = max(most, int64(heap())-int64(before))
		}
	}
	require.NoError(t, p.Err())
	require.Equal(t, lines, n)
	require.Less(t, most, int64(8<<20))
	t.Logf("%d lines: %d KiB", lines, most>>10)
}

func TestPlayingAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	trace, err := read(long(100_000), Options{Steps: []Step{{"GET", "/items/1"}}})
	require.NoError(t, err)
	p := trace.Play(0)
	defer p.Close()
	for range 50_000 { // each batch has met a group of the usual length
		p.Next()
	}
	require.Zero(t, testing.AllocsPerRun(30_000, func() { p.Next() }))
}

func BenchmarkPlay(b *testing.B) {
	trace, err := read(long(100_000), Options{Steps: []Step{{"GET", "/items/1"}}})
	require.NoError(b, err)
	p := trace.Play(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := p.Next(); !ok {
			p.Close()
			p = trace.Play(0)
		}
	}
	p.Close()
}
