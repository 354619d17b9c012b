package importer

import (
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// start gives the scenario a small load and objectives to begin with.
func (s *Scenario) start() {
	s.Load = Load{Users: 10, Duration: time.Minute, Comment: []string{"A load to try it with: see that every step works before you send more."}}
	s.Objectives = []Objective{{Name: "latency", Go: "p95 < 500ms"}, {Name: "success", Go: "success > 99%"}}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "a " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Init makes a scenario to start with: one request to the URL, with comments on
// what else there is.
func Init(name, url string) (*Scenario, error) {
	src := &source{file: "url"}
	src.env = &secrets{source: src}
	to := parseAddress(plain(url))
	switch {
	case to.scheme != "http" && to.scheme != "https":
		src.wrong(src.at(0, 0), yamlfile.Quote(url)+" is not an absolute URL", "http://... or https://...")
	case !to.canBeSent() || strings.ContainsAny(url, " <>\"") || !printable(url):
		src.wrong(src.at(0, 0), yamlfile.Quote(url)+" has no host, or characters that no URL has", "a URL such as https://staging.example.test")
	case to.user != "":
		src.wrong(src.at(0, 0), "the URL holds a password", "it left out, and auth: in the file")
	}
	if err := src.err(); err != nil {
		return nil, err
	}
	s := &Scenario{
		Name:   named(name, to.host),
		Target: to.origin(),
		Head: []string{
			"A scenario to start with. Run it as it is, look at the report, then make it yours:",
			"each comment below is something that can be written there.",
		},
		TargetNote: "what is loaded; --target overrides it",
		StepsNote: []string{
			"One request. More of them run in order, as one user would send them:",
			"",
			"  - name: log in",
			"    method: POST",
			"    path: /login",
			`    json: {user: "${row.email}", password: "${env:PASSWORD}"}`,
			"    extract:",
			"      token: $.token      # and ${token} in the steps below",
			"  - pause: uniform:1s,3s  # a person reads",
		},
	}
	s.start()
	s.Load.Comment = []string{"users: each waits for its answer before it sends again. For arrivals that do", "not wait write rate: 100/s in place of users."}
	s.Load.ThinkTime = time.Second
	s.Steps = []Step{{Method: "GET", Path: escaped(src.env.query(src.at(0, 0), to.path)), Expect: []string{"2xx"}}}
	s.call(names{})
	return s, nil
}
