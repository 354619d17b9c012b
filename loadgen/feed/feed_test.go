package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
)

// written returns the path of a new file.
func written(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// opened is a Source with all its columns bound, in the order of the Scope.
func opened(t testing.TB, o Options) (*Source, *session.Scope) {
	t.Helper()
	s, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	scope := &session.Scope{}
	for _, column := range s.Columns() {
		require.NoError(t, s.Bind(column, scope.Declare(column)))
	}
	return s, scope
}

// known are the values of a user, - for none.
func known(scope *session.Scope, of *session.Session) string {
	var all []string
	for v := range scope.Len() {
		value, ok := of.Get(session.Var(v))
		if !ok {
			value = []byte("-")
		}
		all = append(all, string(value))
	}
	return strings.Join(all, "|")
}

// fed are the first rows that one user gets, up to its end or error.
func fed(t testing.TB, s *Source, scope *session.Scope, most int) []string {
	t.Helper()
	user := session.New(scope, 1, 1)
	var all []string
	for range most {
		ok, err := s.Next(user)
		switch {
		case err != nil:
			return append(all, "error: "+strings.TrimPrefix(err.Error(), filepath.Dir(s.path)+"/"))
		case !ok:
			return append(all, "end")
		}
		all = append(all, known(scope, user))
	}
	return all
}

func TestRows(t *testing.T) {
	many := func(text string, n int) []string {
		return strings.Split(strings.Repeat(text+"\n", n)[:n*(len(text)+1)-1], "\n")
	}
	tests := []struct {
		name, file, text string
		options          Options
		columns          []string
		want             []string
	}{
		{"a header and rows", "a.csv", "user,password\nanna,1\nbert,2\n", Options{}, []string{"user", "password"}, []string{"anna|1", "bert|2", "anna|1"}},
		{"no line end behind the last row", "a.csv", "a,b\n1,2\n3,", Options{}, []string{"a", "b"}, []string{"1|2", "3|", "1|2"}},
		{"a mark, lines of Windows, empty lines", "a.CSV", "\ufeffa,b\r\n\r\n1,2\r\n\n3,4\r\n\r\n", Options{}, []string{"a", "b"}, []string{"1|2", "3|4", "1|2"}},
		{"quotes, with delimiters and line breaks in them", "a.csv", "a,b\n\"1,\"\"x\"\"\r\ny\",2\n\"\",\"3\"\r\n", Options{}, []string{"a", "b"}, []string{"1,\"x\"\r\ny|2", "|3", "1,\"x\"\r\ny|2"}},
		{"quotes in the header", "a.csv", "\"a \"\"b\"\"\",\"c\nd\"\n1,2\n", Options{}, []string{`a "b"`, "c\nd"}, []string{"1|2", "1|2", "1|2"}},
		{"a carriage return alone is text", "a.csv", "a,b\n1\r1,2\r\r\n", Options{}, []string{"a", "b"}, []string{"1\r1|2\r", "1\r1|2\r", "1\r1|2\r"}},
		{"a delimiter and names of one's own", "a.txt", "1;2,3\n", Options{Format: CSV, Delimiter: ";", Header: []string{"x", "y"}}, []string{"x", "y"}, []string{"1|2,3", "1|2,3", "1|2,3"}},
		{"a tab as the delimiter", "a.csv", "a\tb\n1\t2", Options{Delimiter: "\t"}, []string{"a", "b"}, []string{"1|2", "1|2", "1|2"}},
		{"sequential, and the user ends", "a.csv", "a\n1\n2\n", Options{AtEnd: Stop}, []string{"a"}, []string{"1", "2", "end"}},
		{"sequential, and iterations fail", "a.csv", "a\n1\n2\n", Options{AtEnd: Fail}, []string{"a"}, []string{"1", "2", "error: a.csv: none of the 2 rows is left"}},
		{"once", "a.csv", "a\n1\n2\n", Options{Order: Once}, []string{"a"}, []string{"1", "2", "end"}},
		{"unique", "a.csv", "a\n1\n2\n", Options{Order: Unique}, []string{"a"}, []string{"1", "1", "1"}},
		{"random", "a.csv", "a\n1\n2\n3\n", Options{Order: Random, Seed: 7}, []string{"a"}, []string{"2", "2", "3", "3", "3", "3", "3", "2"}},
		{
			"JSON: nested names, numbers as they are, missing and null", "a.json",
			` [ {"user": {"name": "anna", "age": 1.50e0}, "tags": [1, {"user": 2}]},` + "\n" + `{"ok":true, "user":{"name":null}} ] `,
			Options{},
			[]string{"user", "user.name", "user.age", "tags", "ok"},
			[]string{`{"name": "anna", "age": 1.50e0}|anna|1.50e0|[1, {"user": 2}]|-`, `{"name":null}|-|-|-|true`, `{"name": "anna", "age": 1.50e0}|anna|1.50e0|[1, {"user": 2}]|-`},
		},
		{"JSON: escapes", "a.json", `[{"a":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\ud83dx}],"}]`, Options{}, []string{"a"}, many2("\"\\/\b\f\n\r\tä😀\ufffdx}],", 2)},
		{"JSON: a name with a dot in it", "a.json", `[{"a.b":1}]`, Options{}, []string{"a.b"}, many("1", 2)},
		{"NDJSON", "a.ndjson", "\n{\"a\":\"x\"}\r\n\n {\"a\":2} \n", Options{AtEnd: Stop}, []string{"a"}, []string{"x", "2", "end"}},
		{"JSON lines under their other name", "a.jsonl", `{"a":{}}`, Options{}, []string{"a"}, many("{}", 2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.options.Path = written(t, test.file, test.text)
			s, scope := opened(t, test.options)
			require.Equal(t, test.columns, s.Columns())
			require.Equal(t, test.want, fed(t, s, scope, len(test.want)))
		})
	}
}

// many2 is a value so many times, with line breaks in it.
func many2(text string, n int) []string {
	var all []string
	for range n {
		all = append(all, text)
	}
	return all
}

func TestUsersBeyondTheRowsOfUniqueEnd(t *testing.T) {
	s, scope := opened(t, Options{Path: written(t, "a.csv", "a\n1\n2\n"), Order: Unique})
	for user, want := range map[int64]string{1: "true 1", 2: "true 2", 3: "false -", 0: "false -"} {
		u := session.New(scope, user, 1)
		require.Equal(t, want, fmt.Sprint(s.Feed(u), " ", known(scope, u)))
	}
	require.NoError(t, s.Err())
}

// Who cannot say what went wrong leaves nothing of the row before.
func TestFeedKeepsTheErrorAndClearsTheVariables(t *testing.T) {
	s, scope := opened(t, Options{Path: written(t, "a.csv", "a\n1\n"), AtEnd: Fail})
	u := session.New(scope, 1, 1)
	require.True(t, s.Feed(u))
	require.Equal(t, "1", known(scope, u))
	require.True(t, s.Feed(u))
	require.Equal(t, "-", known(scope, u))
	require.EqualError(t, s.Err(), s.path+": none of the 1 rows is left")
}

func TestOnlyWhatIsBoundIsRead(t *testing.T) {
	s, err := Open(Options{Path: written(t, "a.csv", "a,b,c\n1,2,3\n")})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	scope := &session.Scope{}
	a, c, again := scope.Declare("a"), scope.Declare("c"), scope.Declare("again")
	require.NoError(t, s.Bind("c", c))
	require.NoError(t, s.Bind("c", again))
	require.EqualError(t, s.Bind("d", a), s.path+`: has no column "d"; want one of a, b, c`)
	require.Equal(t, []string{"-|3|3"}, fed(t, s, scope, 1))
	require.Equal(t, 1, s.Rows())
}

func TestMistakes(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	tests := []struct {
		name, file, text string
		options          Options
		want             []string // without the directory
	}{
		{"an empty file", "a.csv", "", Options{}, []string{"a.csv: is empty: want rows"}},
		{"nothing but a mark", "a.csv", "\ufeff", Options{}, []string{"a.csv: has no rows: want one at least"}},
		{"a header only", "a.csv", "a,b\n", Options{}, []string{"a.csv: has no rows: want one at least"}},
		{"an empty array", "a.json", "[]", Options{}, []string{"a.json: has no rows: want one at least"}},
		{
			"all mistakes at once", "a.csv", "a,b\n1\n1,2\n1,2,3\n\"x\ny\",z\"\n\"x\"y,\n\xff,1\n1,\x00\n",
			Options{},
			[]string{
				"a.csv:2:1: the row has 1 field, the header has 2 columns",
				"a.csv:4:1: the row has 3 fields, the header has 2 columns",
				`a.csv:6:5: a quote in a field that is not in quotes: want "the field in quotes, and ""these"" doubled"`,
				"a.csv:7:4: text behind a closing quote: want ',' or the end of the line, or the quote before it doubled",
				"a.csv:8:1: no UTF-8: want a file in UTF-8",
				"a.csv:9:3: a NUL byte: want text",
			},
		},
		{"a quote that is never closed", "a.csv", "a,b\n1,\"2\n3,4\n", Options{}, []string{"a.csv:2:3: a quote that is never closed"}},
		{"a column twice", "a.csv", "a,b,a\n1,2,3\n", Options{}, []string{`a.csv:1:5: column 3 is called "a" like column 1: want each name once`}},
		{"a column without a name", "a.csv", "\ufeffa,\n1,2\n3\n", Options{}, []string{"a.csv:1:3: column 2 has no name", "a.csv:3:1: the row has 1 field, the header has 2 columns"}},
		{"a header that cannot be read", "a.csv", "a\"\n1,2\n3\"\n", Options{}, []string{
			`a.csv:1:2: a quote in a field that is not in quotes: want "the field in quotes, and ""these"" doubled"`,
			`a.csv:3:2: a quote in a field that is not in quotes: want "the field in quotes, and ""these"" doubled"`,
		}},
		{"a name given twice", "a.csv", "1,2\n", Options{Header: []string{"a", "a"}}, []string{`a.csv: header: column 2 is called "a" like column 1: want each name once`}},
		{"no names given", "a.csv", "1,2\n", Options{Header: []string{}}, []string{"a.csv: header: has 0 names: want 1 to 4096"}},
		{"too many columns", "a.csv", "a" + strings.Repeat(",", 5000), Options{}, []string{"a.csv:1:4098: the header has more than 4096 columns"}},
		{"UTF-16", "a.csv", "\xff\xfea\x00", Options{}, []string{"a.csv:1:1: the file is UTF-16: want UTF-8"}},
		{"a row without an end", "a.csv", "a\n\"" + strings.Repeat("x\n", 1<<20), Options{}, []string{"a.csv:2:1: a row of more than 1 MiB, or one that is never closed; what follows was not read"}},
		{"a long row in a line", "a.ndjson", strings.Repeat("x", 3<<20), Options{}, []string{"a.ndjson:1:1: a row of more than 1 MiB, or one that is never closed; what follows was not read"}},
		{"an object in place of an array", "a.json", `{"a":1}`, Options{}, []string{"a.json:1:1: the file does not begin with [: want an array of objects, or format ndjson for an object a line"}},
		{"rows that are no objects", "a.json", "[1,\n\"x,]\", [{}]\n, {\"a\":1}]", Options{}, []string{
			`a.json:1:2: the row is no object: want one such as {"user": "anna"}`, `a.json:2:1: the row is no object: want one such as {"user": "anna"}`,
			`a.json:2:8: the row is no object: want one such as {"user": "anna"}`,
		}},
		{"no comma", "a.json", "[{}\n{}]", Options{}, []string{"a.json:2:1: no comma behind the row: want , or ]"}},
		{"a comma too many", "a.json", "[{},]", Options{}, []string{"a.json:1:5: no row where one has to follow: want an object"}},
		{"an array that is never closed", "a.json", "[{}", Options{}, []string{"a.json:1:4: the array is never closed: want ]"}},
		{"a row that is never closed", "a.json", `[{"a":"x]`, Options{}, []string{"a.json:1:7: a string that is never closed", "a.json:1:10: the array is never closed: want ]"}},
		{"a bracket that opens nothing", "a.json", "[}]", Options{}, []string{`a.json:1:2: the row is no object: want one such as {"user": "anna"}`}},
		{"text behind the array", "a.json", "[{}] {}", Options{}, []string{"a.json:1:6: text behind the array: want nothing more"}},
		{"deep nesting", "a.ndjson", `{"a":` + deep + `}`, Options{}, []string{"a.ndjson:1:106: the row is nested deeper than 100"}},
		{"names of any length", "a.ndjson", `{"a":{"` + strings.Repeat("x", 1023) + `":1}}`, Options{}, []string{"a.ndjson:1:7: a name of more than 1024 bytes, with those around it"}},
		{"names of any number", "a.ndjson", strings.Join(manyNames(5000), "\n"), Options{AtEnd: Stop}, append(moreNames("a.ndjson", 4097, 20), "a.ndjson: and 884 more")},
		{"a name twice in a row", "a.ndjson", `{"a":{"b":1},"a.b":2}`, Options{}, []string{`a.ndjson:1:14: the row has "a.b" twice: want each name once`}},
		{"mistakes in JSON", "a.ndjson", strings.Join([]string{`{"a":01}`, `{"a":1,}`, `{"a" 1}`, `{"a":[1 2]}`, `{"a":1} {}`, `{"a":"\x"}`, "{\"a\":\"\t\"}", `{"a":-}`, `{"a":nul}`, `{"a":`}, "\n"), Options{}, []string{
			`a.ndjson:1:7: '1' is no JSON here: want , or }`, `a.ndjson:2:8: '}' is no JSON here: want a name in quotes`, `a.ndjson:3:6: '1' is no JSON here: want a colon`,
			`a.ndjson:4:9: '2' is no JSON here: want , or ]`, `a.ndjson:5:8: text behind the object: want the next row on a line of its own`,
			`a.ndjson:6:7: an escape that JSON does not have: want one of \" \\ \/ \b \f \n \r \t \u0000`, `a.ndjson:7:7: a control character in a string: want it escaped, such as \n`,
			`a.ndjson:8:7: '}' is no JSON here: want a digit`, `a.ndjson:9:6: 'n' is no JSON here: want a value`, `a.ndjson:10:6: the row ends too early: want a value`,
		}},
		{"a name that says no format", "a.txt", "a\n1\n", Options{}, []string{"a.txt: the name does not say the format: want .csv, .json or .ndjson, or a format"}},
		{"a delimiter of several characters", "a.csv", "a\n1\n", Options{Delimiter: "::"}, []string{`a.csv: delimiter "::": want one ASCII character such as ; that is no quote and no line break`}},
		{"a delimiter for JSON", "a.json", "[]", Options{Delimiter: ";"}, []string{"a.json: JSON has no delimiter and no header: want neither, or format csv"}},
		{"random order that ends", "a.csv", "a\n1\n", Options{Order: Random, AtEnd: Stop}, []string{"a.csv: random order has no end: want at_end to be repeat, or left out"}},
		{"unique rows that repeat", "a.csv", "a\n1\n", Options{Order: Unique, AtEnd: Repeat}, []string{"a.csv: order unique cannot repeat rows: want at_end to be stop or fail"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.options.Path = written(t, test.file, test.text)
			_, err := Open(test.options)
			require.Error(t, err)
			require.Equal(t, test.want, strings.Split(strings.ReplaceAll(err.Error(), filepath.Dir(test.options.Path)+"/", ""), "\n"))
		})
	}
}

// manyNames are rows that have a name of their own each.
func manyNames(n int) []string {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`{"a%d":1}`, i))
	}
	return rows
}

// moreNames are the mistakes of them from a line on.
func moreNames(file string, from, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s:%d:2: the rows have more than 4096 names", file, from+i))
	}
	return all
}

func TestMoreMistakesThanAreToldAreCounted(t *testing.T) {
	_, err := Open(Options{Path: written(t, "a.csv", "a\n"+strings.Repeat("1,2\n", 1000))})
	require.Error(t, err)
	told := strings.Split(err.Error(), "\n")
	require.Len(t, told, mostMistakes+1)
	require.True(t, strings.HasSuffix(told[0], "a.csv:2:1: the row has 2 fields, the header has 1 column"), told[0])
	require.True(t, strings.HasSuffix(told[mostMistakes], "a.csv: and 980 more"), told[mostMistakes])
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo.csv")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for path, want := range map[string]string{
		dir:         dir + ": is a directory: want a regular file",
		fifo:        fifo + ": is a FIFO: want a regular file",
		"/dev/null": "/dev/null: is a device: want a regular file",
		dir + "/no": "stat " + dir + "/no: no such file or directory",
	} {
		_, err := Open(Options{Path: path, Format: CSV})
		require.EqualError(t, err, want)
	}
}

// numbered is a CSV file whose row n holds n.
func numbered(t testing.TB, rows int) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("n,quoted,name\n")
	for n := range rows {
		fmt.Fprintf(&text, "%d,\"a \"\"row\"\", with\n a break\",user%d@example.test\n", n, n)
	}
	return written(t, "numbered.csv", text.String())
}

// Every row of a file of many groups is found, from wherever.
func TestAnyRowIsFound(t *testing.T) {
	const rows = 15_000
	s, scope := opened(t, Options{Path: numbered(t, rows), Order: Unique})
	u := session.New(scope, 1, 1)
	require.Equal(t, rows, s.Rows())
	require.Greater(t, len(s.index.groups), 2*mostSlots, "groups push each other out")
	for i := range rows {
		n := int64(i) * 7919 % rows
		u.User = n + 1
		require.True(t, s.Feed(u))
		if value, _ := u.Get(0); string(value) != strconv.FormatInt(n, 10) {
			require.Equal(t, fmt.Sprint(n), string(value))
		}
	}
}

// Whoever feeds at the same time as others, each row goes to one of them.
func TestManyUsersAtOnce(t *testing.T) {
	const rows, users = 5_000, 50
	before := runtime.NumGoroutine()
	for _, order := range []Order{Once, Random} {
		s, scope := opened(t, Options{Path: numbered(t, rows), Order: order})
		var all sync.WaitGroup
		met := make([][]string, users)
		for i := range users {
			all.Go(func() {
				u := session.New(scope, int64(i)+1, 1)
				for range rows / users {
					if !s.Feed(u) {
						return
					}
					met[i] = append(met[i], known(scope, u))
				}
			})
		}
		all.Wait()
		distinct := map[string]bool{}
		for _, of := range met {
			for _, row := range of {
				n, _, _ := strings.Cut(row, "|")
				require.Equal(t, n+"|a \"row\", with\n a break|user"+n+"@example.test", row)
				distinct[row] = true
			}
		}
		require.Equal(t, order == Once, len(distinct) == rows, order)
		require.NoError(t, s.Err())
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}

func TestFilesThatChangeAreAnError(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"shorter":   func(path string) error { return os.Truncate(path, 5000) },
		"empty":     func(path string) error { return os.Truncate(path, 0) },
		"rewritten": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("\"\n", 1<<20)), 0o600) },
		"a digit is another": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)-20] ^= 1
			return os.WriteFile(path, text, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, scope := opened(t, Options{Path: numbered(t, 1000), Order: Unique})
			u := session.New(scope, 1000, 1)
			require.NoError(t, change(s.path))
			ok, err := s.Next(u)
			require.False(t, ok)
			require.EqualError(t, err, s.path+": the file changed while it was in use; want one that stays as it is for the run")
			require.Equal(t, "-|-|-", known(scope, u))
		})
	}
}

// Draw n of a seed is the same row for ever, and all rows are drawn about as often.
func TestRandomOrderIsFixedByTheSeedAndFair(t *testing.T) {
	const rows, each = 100, 1000
	s := Source{seed: 7, index: index{rows: rows}}
	other := Source{seed: 8, index: index{rows: rows}}
	var drawn [rows]int
	var pairs [rows]int // of draws that follow one another, by their tens
	same, last := 0, int64(0)
	for draw := range uint64(rows * each) {
		row := s.pick(draw)
		drawn[row]++
		pairs[last/10*10+row/10]++
		last = row
		if row == other.pick(draw) {
			same++
		}
	}
	for _, counts := range [][rows]int{drawn, pairs} {
		square := 0.0
		for _, n := range counts {
			square += float64((n-each)*(n-each)) / each
		}
		require.InDelta(t, rows, square, 50, "chi-square of 99 degrees: 50 off is less likely than one in a thousand")
	}
	require.InDelta(t, each, same, 150, "another seed is another order")
}

// A gap of any length is not kept.
func TestLongGapsAreNotKept(t *testing.T) {
	s, scope := opened(t, Options{Path: written(t, "a.csv", "a\n1\n"+strings.Repeat("\n", 5<<20)+"2\n\n"), AtEnd: Stop})
	require.Equal(t, []string{"1", "2", "end"}, fed(t, s, scope, 3))
	require.LessOrEqual(t, s.index.largest, 8)
}
