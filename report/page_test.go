package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pageOf is as much of a page as reading it takes.
func pageOf(t testing.TB, inside []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(inside)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return "<!DOCTYPE html>\n<title>x</title>" + PageData + base64.StdEncoding.EncodeToString(b.Bytes()) + "</script><script>1</script></html>\n"
}

func TestReadTakesAPage(t *testing.T) {
	want := burst()
	got, err := Read(strings.NewReader("\ufeff \n" + pageOf(t, encoded(t, want))))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestReadRefusesPages(t *testing.T) {
	whole := pageOf(t, encoded(t, burst()))
	start := strings.Index(whole, PageData) + len(PageData)
	bomb := pageOf(t, make([]byte, MaxSize+1))
	newer := bytes.Replace(encoded(t, burst()), []byte(`"schema_version": 1`), []byte(`"schema_version": 99`), 1)
	tests := []struct{ name, page, want string }{
		{"a page of another tool", "<html><body>Gatling</body></html>", "is HTML or XML and not a page of gonogo, or was cut before its data"},
		{"a JUnit report", `<?xml version="1.0"?><testsuites/>`, "is HTML or XML and not a page of gonogo"},
		{"a page that was cut before its data", whole[:start-20], "or was cut before its data"},
		{"a page that was cut within its data", whole[:start+500], "is a page of gonogo that ends within its data: the file was cut short"},
		{"data that is no base64", whole[:start] + "@@@@" + whole[start:], "whose data is damaged, or changed by hand: illegal base64"},
		{"data that was changed", whole[:start+400] + "AAAA" + whole[start+404:], "whose data is damaged, or changed by hand"},
		{"data of which the end is missing", whole[:start+400] + "</script>", "whose data is damaged, or changed by hand: unexpected EOF"},
		{"no data at all", whole[:start] + "</script>", "whose data is damaged, or changed by hand: EOF"},
		{"data that inflates without end", bomb, "it is larger than 64 MiB: no report of gonogo is"},
		{"a report that is none", pageOf(t, []byte(`{"a":1}`)), "is JSON and not a report of gonogo"},
		{"a report of tomorrow", pageOf(t, newer), "use a newer gonogo"},
		{"a comparison", pageOf(t, []byte(`{"schema_version":1,"kind":"comparison"}`)), `is a report of kind "comparison"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(test.page))
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

// Whatever lies in a page, reading it ends with a report or one line.
func FuzzFromPage(f *testing.F) {
	t := new(testing.T)
	whole := pageOf(t, encoded(t, steady()))
	f.Add([]byte(whole))
	f.Add([]byte(whole[:len(whole)/2]))
	f.Add([]byte("<html>" + PageData + "AAAA</script>"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, page []byte) {
		inside, err := FromPage(page)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.LessOrEqual(t, len(inside), max(MaxSize, len(page)))
	})
}
