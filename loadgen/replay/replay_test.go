package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

func read(text string, o Options) (*Trace, error) {
	o.Path = "a.ndjson"
	return open(o, strings.NewReader(text), int64(len(text)))
}

func written(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ndjson")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// played is what a playback has, with memory of its own.
func played(t testing.TB, trace *Trace, from time.Duration) []string {
	t.Helper()
	p := trace.Play(from)
	defer p.Close()
	var all []string
	for r, ok := p.Next(); ok; r, ok = p.Next() {
		all = append(all, fmt.Sprintf("%v %d %s", r.At, r.Flow, r.Target))
	}
	require.NoError(t, p.Err())
	return all
}

const few = `{"at":0,"method":"GET","path":"/a?b=c","host":"h.example.test"}
{"method":"HEAD","at":0.25,"path":"/a"}

{"at":0.25,"method":"POST","path":"/a"}` + "\r\n" + ` { "at" : 1e0 , "method" : "GET" , "path" : "/\u0062\/x" } ` + `
{"at":3.000000001,"method":"GET","path":"/ä?ö","host":"OTHER:80"}
{"at":3.5,"method":"GET","path":"/c"}`

func TestATraceIsCountedAndPlayed(t *testing.T) {
	steps := []Step{{"GET", "/a"}, {"GET", Path("/ä?x")}, {"PUT", "/a"}}
	trace, err := read("\ufeff"+few, Options{Steps: steps})
	require.NoError(t, err)
	require.Equal(t, []string{"0s 0 /a?b=c", "250ms 4 /a", "1s 3 /b/x", "3.000000001s 1 /%C3%A4?%C3%B6", "3.5s 3 /c"}, played(t, trace, 0))
	require.Equal(t, []string{"1s 3 /b/x", "3.000000001s 1 /%C3%A4?%C3%B6", "3.5s 3 /c"}, played(t, trace, time.Second))
	require.Equal(t, []int64{6, 1, 5, 2}, []int64{trace.Lines(), trace.LeftOut(), trace.Arrivals(), trace.Peak()})
	require.Equal(t, []string{"GET", "HEAD"}, trace.Others())
	for before, want := range map[time.Duration][]int64{
		trace.Length():  {1, 1, 0, 2, 1},
		3 * time.Second: {1, 0, 0, 1, 1},
		trace.Last():    {1, 1, 0, 1, 1},
		0:               {0, 0, 0, 0, 0},
	} {
		flows, err := trace.Flows(before)
		require.NoError(t, err)
		require.Equal(t, want, flows, "%v", before)
	}
	require.Equal(t, 4*time.Second, trace.Length())
	require.Equal(t, 3500*time.Millisecond, trace.Last())
	each, counts := trace.Counts()
	require.Equal(t, time.Second, each)
	require.Equal(t, []int64{2, 1, 0, 2}, counts)
	lines, example := trace.Elsewhere(func(h string) bool { return h == "h.example.test" })
	require.EqualValues(t, 1, lines)
	require.Equal(t, "OTHER:80", example)
}

func TestLinesOfAllMethodsCountWhereTheyAreToBeSent(t *testing.T) {
	trace, err := read(few, Options{All: true, Steps: []Step{{"POST", "/a"}}})
	require.NoError(t, err)
	require.EqualValues(t, 6, trace.Arrivals())
	require.Zero(t, trace.LeftOut())
	flows, err := trace.Flows(time.Hour)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 4, 1}, flows)
}

func TestMistakesHaveTheirPlaces(t *testing.T) {
	line := func(text string) string { return `{"at":1,"method":"GET","path":"/"}` + "\n" + text }
	tests := []struct{ name, text, want string }{
		{"nothing", "", `a.ndjson: has no line; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"empty lines alone", "\n \r\n", `a.ndjson: has no line; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"an access log", `10.0.0.1 - - [01/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512` + "\n" + "x", "a.ndjson:1:1: the line is not of a trace; want a file that gonogo import access-log made of the log"},
		{"an access log in JSON", `{"time":"2026-01-01T10:00:00Z","status":200}` + "\n" + "x", "a.ndjson:1:1: the line is not of a trace; want a file that gonogo import access-log made of the log"},
		{"no JSON", line("GET / HTTP/1.1"), `a.ndjson:2:1: no JSON object; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"a line that ends within a text", line(`{"at":1,"method":"GE`), `a.ndjson:2:18: a quote is never closed; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"a line that ends behind a backslash", line(`{"at":1,"path":"/\`), `a.ndjson:2:16: a quote is never closed; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"a line without its end", line(`{"at":1,"method":"GET","path":"/"`), `a.ndjson:2:34: neither , nor } behind a value; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"two objects on a line", line(`{"at":1,"method":"GET","path":"/"}{`), `a.ndjson:2:35: something follows the object; want one object a line`},
		{"an object of nothing", line(`{}`), `a.ndjson:2:2: no text in quotes; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"no path", line(`{"at":1,"method":"GET"}`), `a.ndjson:2:1: the line has no path; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
		{"a key that is not known", line(`{"at":1,"status":200}`), `a.ndjson:2:9: "status" is no key of a line; want at, method, path or host`},
		{"a key that comes twice", line(`{"at":1,"at":2}`), `a.ndjson:2:9: "at" comes twice; want it once`},
		{"an instant that is a text", line(`{"at":"1","method":"GET","path":"/"}`), `a.ndjson:2:7: at is not a number; want seconds such as 1.25`},
		{"an instant that is no JSON", line(`{"at":01,"method":"GET","path":"/"}`), `a.ndjson:2:7: at is not a number; want seconds such as 1.25`},
		{"a negative instant", line(`{"at":-0.1,"method":"GET","path":"/"}`), `a.ndjson:2:7: at is negative; want seconds from 0 on`},
		{"an endless instant", line(`{"at":1e999,"method":"GET","path":"/"}`), `a.ndjson:2:7: at is too large; want 3162240000 at most`},
		{"NaN", line(`{"at":NaN,"method":"GET","path":"/"}`), `a.ndjson:2:7: at is not a number; want seconds such as 1.25`},
		{"an instant that goes back", line(`{"at":0.5,"method":"GET","path":"/"}`), `a.ndjson:2:1: at goes back, from 1s to 500ms; want the lines in the order of their instants`},
		{"no method", line(`{"at":1,"method":"G T","path":"/"}`), `a.ndjson:2:18: "G T" is not a method; want one such as GET`},
		{"a tunnel", line(`{"at":1,"method":"CONNECT","path":"/"}`), `a.ndjson:2:18: CONNECT asks for a tunnel and not for an answer; want another method`},
		{"a path without a slash", line(`{"at":1,"method":"GET","path":"a"}`), `a.ndjson:2:31: "a" does not begin with a slash; want a path such as /a?b=c`},
		{"a path with a space", line(`{"at":1,"method":"GET","path":"/a b"}`), `a.ndjson:2:31: the path "/a b" has a space or a control character; want it percent-encoded`},
		{"a path that hides another header", line(`{"at":1,"method":"GET","path":"/a\r\nEvil:1"}`), `a.ndjson:2:31: the path "/a\r\nEvil:1" has a space or a control character; want it percent-encoded`},
		{"a control character", line("{\"at\":1,\"method\":\"GET\",\"path\":\"/a\x01\"}"), `a.ndjson:2:34: a control character; want it left out or percent-encoded`},
		{"a fragment", line(`{"at":1,"method":"GET","path":"/a#b"}`), `a.ndjson:2:31: the path "/a#b" has a fragment (#), which is never sent; want it left out`},
		{"a path without end", line(`{"at":1,"method":"GET","path":"/` + strings.Repeat("a", longestPath) + `"}`), `a.ndjson:2:31: the path is too long; want 8192 bytes at most`},
		{"a host without end", line(`{"at":1,"method":"GET","path":"/","host":"` + strings.Repeat("a", 261) + `"}`), `a.ndjson:2:42: the host is too long; want 260 bytes at most`},
		{"no UTF-8", line("{\"at\":1,\"method\":\"GET\",\"path\":\"/\xff\"}"), `a.ndjson:2:31: no UTF-8; want the other bytes of a path percent-encoded`},
		{"an escape that is none", line(`{"at":1,"method":"GET","path":"/\x"}`), `a.ndjson:2:31: an escape that JSON does not know`},
		{"UTF-16", "\xff\xfe{\x00", `a.ndjson:1:1: the file is UTF-16; want UTF-8`},
		{"a line without end", line(strings.Repeat("[", 3*longestLine) + "\n{"), `a.ndjson:2:1: the line is too long; want 65536 bytes at most` + "\n" + `a.ndjson:3:2: no text in quotes; want {"at":1.25,"method":"GET","path":"/a?b=c"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.text, Options{})
			require.EqualError(t, err, test.want)
		})
	}
}

func TestManyMistakesAreCounted(t *testing.T) {
	_, err := read(strings.Repeat("x\n", 50), Options{})
	all := strings.Split(err.Error(), "\n")
	require.Len(t, all, mostMistakes+1)
	require.Equal(t, "a.ndjson: and 30 more", all[mostMistakes])

	var methods strings.Builder
	for i := range 22 {
		fmt.Fprintf(&methods, "{\"at\":1,\"method\":\"M%d\",\"path\":\"/\"}\n", i)
	}
	_, err = read(methods.String(), Options{All: true})
	require.EqualError(t, err, "a.ndjson:21:1: the method \"M20\" is one too many; want 20 at most\na.ndjson:22:1: the method \"M21\" is one too many; want 20 at most")
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(Options{Path: dir})
	require.EqualError(t, err, dir+": is no regular file: want one that can be read again")
	_, err = Open(Options{Path: filepath.Join(dir, "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// long is a trace of so many lines, a thousand a second, some of them at one instant.
func long(lines int) string {
	var all strings.Builder
	for i := range lines {
		fmt.Fprintf(&all, "{\"at\":%d.%03d,\"method\":\"GET\",\"path\":\"/items/%d?page=1&sort=name\",\"host\":\"shop.example.test\"}\n", i/1000, i%1000/7*7, i)
	}
	return all.String()
}

// Whatever instant is asked for, what comes before it and what is played from it on
// are all there is.
func TestATraceOfManyGroupsCanBeginAnywhere(t *testing.T) {
	trace, err := read(long(20_000), Options{})
	require.NoError(t, err)
	require.Greater(t, len(trace.groups), 4)
	whole := played(t, trace, 0)
	require.Len(t, whole, 20_000)
	var instants []time.Duration
	for i := range whole {
		instants = append(instants, time.Duration(i/1000)*time.Second+time.Duration(i%1000/7*7)*time.Millisecond)
	}
	for _, at := range []time.Duration{0, 1, time.Second, 1001 * time.Millisecond, 7007 * time.Millisecond, trace.groups[2].after, trace.groups[2].after + 1, trace.Last()} {
		before := trace.Before(at)
		require.EqualValues(t, slices.IndexFunc(instants, func(of time.Duration) bool { return of >= at }), before, "%v", at)
		require.Equal(t, whole[before:], append([]string{}, played(t, trace, at)...), "%v", at)
	}
	for _, behind := range []time.Duration{trace.Last() + 1, time.Hour} {
		require.EqualValues(t, 20_000, trace.Before(behind))
		require.Empty(t, played(t, trace, behind))
	}
	require.EqualValues(t, 1000, trace.Peak())
}

func TestAProfileGetsCoarserAndLosesNothing(t *testing.T) {
	p := profile{each: time.Second}
	for i := range 3000 {
		p.add(time.Duration(i) * 700 * time.Millisecond)
	}
	require.Equal(t, 8*time.Second, p.each)
	require.Len(t, p.counts, 263)
	sum := int64(0)
	for _, n := range p.counts {
		sum += n
	}
	require.EqualValues(t, 3000, sum)
	require.EqualValues(t, 12, p.counts[0], "0 to 7.7 s")
}

func TestAFileThatChangesIsNotedAndNotSent(t *testing.T) {
	text := long(20_000)
	tests := []struct {
		name   string
		change func(t *testing.T, f *os.File)
	}{
		{"a path is another one", func(t *testing.T, f *os.File) {
			_, err := f.WriteAt([]byte("Z"), int64(strings.Index(text, "/items/15000")+1))
			require.NoError(t, err)
		}},
		{"the end is gone", func(t *testing.T, f *os.File) { require.NoError(t, f.Truncate(int64(len(text)-10))) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := written(t, text)
			trace, err := Open(Options{Path: path})
			require.NoError(t, err)
			defer trace.Close()
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			defer f.Close()
			test.change(t, f)

			p := trace.Play(0)
			defer p.Close()
			n := 0
			for _, ok := p.Next(); ok; _, ok = p.Next() {
				n++
			}
			require.EqualError(t, p.Err(), path+": the file changed while it was in use; want one that stays as it is for the run")
			require.Positive(t, n)
			require.Less(t, n, 20_000)
			_, again := p.Next()
			require.False(t, again)
		})
	}
}

// A run that ends early leaves nothing behind.
func TestAPlaybackCanEndAtAnyPlace(t *testing.T) {
	trace, err := read(long(20_000), Options{})
	require.NoError(t, err)
	for _, n := range []int{0, 1, 5000} {
		p := trace.Play(0)
		for range n {
			_, ok := p.Next()
			require.True(t, ok)
		}
		p.Close() // waits for the goroutine that reads
	}
}

func TestTwoPlaybacksDoNotMeet(t *testing.T) {
	trace, err := read(long(5000), Options{Steps: []Step{{"GET", "/items/7"}}})
	require.NoError(t, err)
	one, other := trace.Play(0), trace.Play(0)
	defer one.Close()
	defer other.Close()
	for range 5000 {
		a, _ := one.Next()
		b, _ := other.Next()
		require.Equal(t, a, b)
	}
}

func FuzzTrace(f *testing.F) {
	for _, text := range []string{few, "\ufeff" + few, "{", `{"at":1`, `{"at":1,"method":"GET","path":"/\ud800"}`, "\xff\xfe", `{"host":"\`, strings.Repeat("\n", 10), `{"at":1e-9,"method":"GET","path":"/%00"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := read(text, Options{All: true, Steps: []Step{{"GET", "/a"}}})
		if err != nil {
			require.LessOrEqual(t, len(strings.Split(err.Error(), "\n")), mostMistakes+1)
			return
		}
		p := trace.Play(0)
		defer p.Close()
		n, last := int64(0), time.Duration(0)
		for r, ok := p.Next(); ok; r, ok = p.Next() {
			require.GreaterOrEqual(t, r.At, last)
			require.LessOrEqual(t, r.At, trace.Last())
			require.Equal(t, byte('/'), r.Target[0])
			require.False(t, slices.ContainsFunc(r.Target, func(b byte) bool { return b <= ' ' || b >= 0x7f || b == '#' }))
			require.Less(t, r.Flow, 2+mostMethods)
			n, last = n+1, r.At
		}
		require.NoError(t, p.Err())
		require.Equal(t, trace.Arrivals(), n)
		require.Equal(t, n, trace.Before(trace.Length()))
		require.Less(t, trace.Last(), trace.Length())
	})
}

var _ loadgen.Trace = (*Trace)(nil)
