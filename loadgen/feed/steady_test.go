package feed

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
)

func TestFeedAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	csv := numbered(t, 20_000)
	json := written(t, "a.json", `[{"user":{"name":"anna","age":1}},{"user":{"name":"b\u00e4rt","age":null}}]`)
	for name, o := range map[string]Options{
		"sequential": {Path: csv}, "random": {Path: csv, Order: Random}, "JSON": {Path: json, Order: Random},
	} {
		s, scope := opened(t, o)
		u := session.New(scope, 1, 1)
		for range 3 * s.Rows() { // each slot has met its group's longest row
			s.Feed(u)
		}
		require.Zero(t, testing.AllocsPerRun(1000, func() { s.Feed(u) }), name)
	}
}

// heap is what is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMillionsOfRowsTakeLittleMemory(t *testing.T) {
	rows, draws := 5_000_000, 20_000
	if raced {
		rows, draws = 100_000, 2000
	}
	path := filepath.Join(t.TempDir(), "long.csv")
	file, err := os.Create(path)
	require.NoError(t, err)
	w := bufio.NewWriterSize(file, 1<<20)
	_, err = w.WriteString("id,email,password\n")
	require.NoError(t, err)
	var line []byte
	for n := range rows {
		line = append(strconv.AppendInt(line[:0], int64(n), 10), ",user@example.test,secret-"...)
		line = append(strconv.AppendInt(line, int64(n), 10), '\n')
		_, err = w.Write(line)
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush())
	require.NoError(t, file.Close())

	before := heap()
	s, scope := opened(t, Options{Path: path, Order: Random})
	u := session.New(scope, 1, 1)
	for range draws {
		require.True(t, s.Feed(u))
	}
	const most = 10 << 20
	grown := int64(heap()) - int64(before)
	require.Less(t, grown, int64(most))
	t.Logf("%d rows: %d KiB", rows, grown>>10)
	require.Equal(t, rows, s.Rows())
	require.NoError(t, s.Err())
}

func BenchmarkFeed(b *testing.B) {
	path := numbered(b, 100_000)
	for _, order := range []Order{Sequential, Random} {
		b.Run(fmt.Sprint(order), func(b *testing.B) {
			s, scope := opened(b, Options{Path: path, Order: order})
			u := session.New(scope, 1, 1)
			b.ReportAllocs()
			for b.Loop() {
				s.Feed(u)
			}
		})
	}
}
