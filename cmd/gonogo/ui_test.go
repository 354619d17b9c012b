package main

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// eventsCmd reads a stream until it has the pattern.
func eventsCmd(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	var seen bytes.Buffer
	eventually(ts, "the events have "+args[1], func() bool {
		answer, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		seen.Reset()
		for chunk := make([]byte, 4096); !want.Match(seen.Bytes()); {
			n, err := answer.Body.Read(chunk)
			if seen.Write(chunk[:n]); err != nil {
				return false
			}
		}
		return true
	})
	_, _ = ts.Stdout().Write(seen.Bytes())
}

// pressCmd sends a form of a page as a browser without scripts does.
func pressCmd(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Get(args[0])
	ts.Check(err)
	page, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	form := regexp.MustCompile(`(?s)<form method="post" action="/` + args[1] + `">(.*?)</form>`).FindSubmatch(page)
	if form == nil {
		ts.Fatalf("%s has no form for %s", args[0], args[1])
	}
	fields := url.Values{}
	for _, input := range regexp.MustCompile(`<input type="hidden" name="(.*?)" value="(.*?)">`).FindAllSubmatch(form[1], -1) {
		fields.Set(string(input[1]), html.UnescapeString(string(input[2])))
	}
	answer, err = http.PostForm(strings.TrimSuffix(args[0], "/")+"/"+args[1], fields)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode >= 400 {
		ts.Fatalf("%s", answer.Status)
	}
}
