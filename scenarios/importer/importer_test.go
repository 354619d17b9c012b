package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
)

func TestTextsAreQuotedOnlyWhereTheyMustBe(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"a word is plain", "shop", "shop"},
		{"a path is plain", "/a?b=c&d=e", "/a?b=c&d=e"},
		{"a placeholder is plain", "${env:TOKEN}", "${env:TOKEN}"},
		{"a time of day would be a number", "12:30:45", `"12:30:45"`},
		{"a number is no text", "17", `"17"`},
		{"a truth is no text", "Yes", `"Yes"`},
		{"nothing has to be seen", "", `""`},
		{"a colon and a blank make a mapping", "a: b", `"a: b"`},
		{"a blank and a hash make a comment", "a #b", `"a #b"`},
		{"double quotes go into single ones", `say "hi": now`, `'say "hi": now'`},
		{"both kinds go into single ones, doubled", `it's "so": `, `'it''s "so": '`},
		{"control characters are escaped", "a\x01b\u2028", `"a\x01b\u2028"`},
	} {
		t.Run(row.name, func(t *testing.T) { require.Equal(t, row.want, quoted(row.text)) })
	}
}

func TestShellsAreTakenApart(t *testing.T) {
	for _, row := range []struct {
		name, line string
		want       []string
	}{
		{"single quotes keep all", `curl 'a"b\c$d'`, []string{"curl", `a"b\c$d`}},
		{"double quotes know four escapes", `curl "a\"b\\c\nd"`, []string{"curl", `a"b\c\nd`}},
		{"a backslash keeps a blank", `curl a\ b`, []string{"curl", "a b"}},
		{"parts make one word", `curl 'a'"b"c`, []string{"curl", "abc"}},
		{"an empty word is one", `curl ''`, []string{"curl", ""}},
		{"ANSI quotes know escapes", `curl $'a\tb\x41\u00e9\101\''`, []string{"curl", "a\tbA\u00e9A'"}},
		{"a backslash joins lines", "curl \\\n  a", []string{"curl", "a"}},
		{"a variable is one of the environment", `curl "$A/${B_2}c"`, []string{"curl", "${env:A}/${env:B_2}c"}},
		{"a plain ${ stays plain", `curl '${A}'`, []string{"curl", "$${A}"}},
		{"a comment ends the line", "curl a # b 'c", []string{"curl", "a"}},
		{"cmd joins lines by carets", "curl ^\r\n \"a^b\"", []string{"curl", "a^b"}},
		{"cmd takes carets off", "curl ^\"a^&b^\\^\"c^\"", []string{"curl", `a&b"c`}},
		{"PowerShell joins lines by backticks", "curl `\n 'it''s' \"a`\"b\"", []string{"curl", "it's", `a"b`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			src, err := open(strings.NewReader(row.line), Options{}, "curl")
			require.NoError(t, err)
			all := src.commands()
			require.Empty(t, src.mistakes)
			require.Len(t, all, 1)
			var got []string
			for _, a := range all[0] {
				got = append(got, a.text)
			}
			require.Equal(t, row.want, got)
		})
	}
}

func TestCurlMethods(t *testing.T) {
	for _, row := range []struct{ name, line, method, path string }{
		{"without data it is GET", "curl a.test", "GET", "/"},
		{"data makes it POST", "curl a.test -d a=1", "POST", "/"},
		{"-X wins", "curl -XPUT a.test -d a=1", "PUT", "/"},
		{"-G puts data into the query", "curl -G a.test/x?y=1 -d a=1 -d b=2", "GET", "/x?y=1&a=1&b=2"},
		{"-I is HEAD", "curl -sI a.test", "HEAD", "/"},
		{"-T is PUT", "curl -T f.bin a.test/f", "PUT", "/f"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, notes, err := Curl(row.line, Options{})
			require.NoError(t, err)
			require.Empty(t, notes)
			require.Equal(t, "http://a.test", s.Target)
			require.Equal(t, []string{row.method, row.path}, []string{s.Steps[0].Method, s.Steps[0].Path})
		})
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	_, _, err := HAR(io.LimitReader(zeros{}, maxInput+10), Options{File: "big.har"})
	require.EqualError(t, err, "big.har:1:1: the input has more than 64 MiB; want less; leave out what is not to be sent")
	_, _, err = HAR(strings.NewReader(strings.Repeat("[", 1_000)), Options{File: "deep.har"})
	require.EqualError(t, err, "deep.har:1:202: the document is too large or nested too deep; want 8000000 values, 200 deep, at most")
	_, _, err = Postman(iotest.ErrReader(errors.New("gone")), Options{File: "x"})
	require.EqualError(t, err, "read x: gone")
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestASchemaInsideOfItselfEnds(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\npaths: {/a: {post: {requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}\ncomponents:\n  schemas:\n")
	for i := range 12 { // each refers to all: without a bound 12! values
		fmt.Fprintf(&b, "    S%d:\n      type: object\n      properties:\n        name: {type: string}\n", i)
		for j := range 12 {
			fmt.Fprintf(&b, "        p%d: {$ref: '#/components/schemas/S%d'}\n", j, j)
		}
	}
	s, _, err := OpenAPI(strings.NewReader(b.String()), Options{})
	require.NoError(t, err)
	file := s.YAML()
	accept(t, file)
	require.Less(t, len(file), 1<<20)
	require.Contains(t, string(file), "p11:")
}

func TestMistakesComeAllAtOnce(t *testing.T) {
	_, _, err := OpenAPI(strings.NewReader("openapi: 3.0.0\npaths:\n  a: {}\n  /b: {get: {parameters: [{$ref: '#/x'}, {$ref: 'y.yaml'}]}}\n"), Options{File: "api.yaml"})
	var all yamlfile.Mistakes
	require.ErrorAs(t, err, &all)
	var places []string
	for _, m := range all {
		places = append(places, m.Pos.String())
	}
	require.Equal(t, []string{"api.yaml:3:6", "api.yaml:4:34", "api.yaml:4:49"}, places)
}

// line is a line of an access log, so many seconds after ten o'clock.
func line(second int, path string) string {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second)
	return `192.0.2.1 - - [` + at.Format("02/Jan/2006:15:04:05 -0700") + `] "GET ` + path + ` HTTP/1.1" 200 1 "-" "-"` + "\n"
}

func TestTracesAreInOrder(t *testing.T) {
	for _, row := range []struct {
		name, log, trace string
		note             string
	}{
		{"lines of one second are spread over it", line(0, "/a") + line(0, "/b") + line(1, "/c"), "0/a 0.5/b 1/c ", "spread over it"},
		{"a line up to 10 s late finds its place", line(5, "/a") + line(7, "/c") + line(15, "/d") + line(6, "/b"), "0/a 1/b 2/c 10/d ", "at their ends"},
		{"one that is later is counted", line(5, "/a") + line(7, "/b") + line(30, "/c") + line(6, "/late"), "0/a 2/b 25/c ", "1 requests stand more than 10 s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var trace bytes.Buffer
			_, notes, err := AccessLog(strings.NewReader(row.log), &trace, LogOptions{})
			require.NoError(t, err)
			got := strings.NewReplacer(`{"at":`, "", `,"method":"GET","path":"`, "", "\"}\n", " ").Replace(trace.String())
			require.Equal(t, row.trace, got)
			require.Contains(t, fmt.Sprint(notes), row.note)
		})
	}
}

// A log of any length is read in the memory of its last ten seconds.
func TestLongLogsNeedNoMoreMemory(t *testing.T) {
	var widest int
	order := newReorder(bufio.NewWriter(io.Discard))
	traffic := newTraffic()
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	const lines = maxRoutes + 5_000
	order.most = 1_000
	for i := range lines {
		req := logged{at: start.Add(time.Duration(i) * time.Microsecond), method: "GET", path: fmt.Sprintf("/a%d/b", i)}
		traffic.count(req)
		if err := order.add(req); err != nil {
			t.Fatal(err)
		}
		widest = max(widest, len(order.waiting))
	}
	require.Equal(t, order.most, widest)
	require.Len(t, traffic.routes, maxRoutes)
	require.Equal(t, lines-maxRoutes, traffic.others)
	require.NoError(t, order.flush())
	require.Zero(t, order.late)
	traffic.count(logged{at: start.AddDate(300, 0, 0), method: "GET", path: "/"})
	require.LessOrEqual(t, len(traffic.buckets), maxBuckets)
}

func TestLongLinesAreCounted(t *testing.T) {
	log := line(0, "/a") + strings.Repeat("x", longestLine+5) + "\n" + line(1, "/b")
	var trace bytes.Buffer
	_, notes, err := AccessLog(strings.NewReader(log), &trace, LogOptions{File: "a.log"})
	require.NoError(t, err)
	require.Equal(t, "a.log:2:1: malformed, left out: the line is longer than 1 MiB", notes[0].String())
	require.Equal(t, 2, strings.Count(trace.String(), "\n"))
}

func TestATraceThatCannotBeWrittenIsAnError(t *testing.T) {
	_, _, err := AccessLog(strings.NewReader(line(0, "/a")), full{}, LogOptions{})
	require.EqualError(t, err, "write the trace: no space")
}

// full is a disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestConfiguredFieldsAreRead(t *testing.T) {
	log := `{"when":{"at":"2026-03-01T10:00:00Z"},"m":"GET","p":"/a","h":"a.test","took":"250ms"}` + "\n"
	var trace bytes.Buffer
	s, _, err := AccessLog(strings.NewReader(log), &trace, LogOptions{Format: JSONLog, Fields: LogFields{Time: "when.at", Method: "m", Path: "p", Host: "h", Duration: "took"}})
	require.NoError(t, err)
	require.Equal(t, "https://a.test", s.Target)
	require.Equal(t, `{"at":0,"method":"GET","path":"/a","host":"a.test"}`+"\n", trace.String())
}

func TestInit(t *testing.T) {
	s, err := Init("", "https://Shop.example.test/health?a=b")
	require.NoError(t, err)
	d := accept(t, s.YAML())
	require.Equal(t, []string{"shop.example.test", "https://shop.example.test", "/health?a=b"}, []string{d.Name, d.Target, d.Steps[0].Path})
	for _, row := range []struct{ name, url, want string }{
		{"no scheme", "shop.example.test", `url: "shop.example.test" is not an absolute URL; want http://... or https://...`},
		{"no host", "http:///x", `url: "http:///x" has no host, or characters that no URL has; want a URL such as https://staging.example.test`},
		{"a password", "http://a:b@c.test", "url: the URL holds a password; want it left out, and auth: in the file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Init("x", row.url)
			require.EqualError(t, err, row.want)
		})
	}
}

// What an answer echoes was the user's own, and is not extracted.
func TestWhatTheUserSentFirstIsNoCorrelation(t *testing.T) {
	entry := func(url, answer string) string {
		return `{"startedDateTime":"2026-03-01T10:00:00Z","request":{"method":"GET","url":"` + url + `"},"response":{"status":200,"content":{"mimeType":"application/json","text":"` + strings.ReplaceAll(answer, `"`, `\"`) + `"}}}`
	}
	for _, row := range []struct {
		name, first, answer, second string
		want                        []string
	}{
		{"a value of the answer is extracted", "http://a.test/x", `{"id":"order-12345"}`, "http://a.test/order-12345", []string{"id"}},
		{"an echo is not", "http://a.test/order-12345", `{"id":"order-12345"}`, "http://a.test/order-12345", nil},
		{"a short value is not", "http://a.test/x", `{"id":"1234567"}`, "http://a.test/1234567", nil},
		{"a common word is not", "http://a.test/x", `{"id":"application"}`, "http://a.test/application", nil},
		{"a date is not", "http://a.test/x", `{"id":"2026-03-01"}`, "http://a.test/2026-03-01", nil},
		{"one that is percent-encoded is", "http://a.test/x", `{"key":"a/b 123456"}`, "http://a.test/?k=a%2Fb+123456", []string{"key"}},
		{"a dollar before it changes nothing", "http://a.test/x", `{"k":"12345678"}`, "http://a.test/$12345678", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _, err := HAR(strings.NewReader(`{"log":{"entries":[`+entry(row.first, row.answer)+","+entry(row.second, "")+`]}}`), Options{})
			require.NoError(t, err)
			accept(t, s.YAML())
			var got []string
			for _, x := range s.Steps[0].Extract {
				got = append(got, x.Name)
			}
			require.Equal(t, row.want, got)
		})
	}
}
