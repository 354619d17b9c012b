package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/report"
)

// An unlikeness is what keeps two runs from being compared.
type unlikeness struct {
	what   string // "load.users is 100 in the baseline and 200 in the candidate"
	remedy string
	safe   bool // may be overlooked when that is asked for
}

func (u unlikeness) String() string { return u.what + ": " + u.remedy }

// The remedies.
const (
	sameLoad     = "measure both with the same load"
	sameRequests = "measure both with the same requests"
	sameJudging  = "judge both by the same objectives, or --allow-unlike"
	overlook     = "measure both alike, or --allow-unlike if that is as it should be"
)

// ignored are the paths of a scenario that may differ: names, what is compared, chance,
// and how a run is judged or ended beside its objectives.
func ignored() []string {
	return []string{"name", "description", "target", "load.seed", "claim", "abort", "drift_margin", "stop_on_fail"}
}

// overlooked are those that may differ when that is asked for: they change how long
// or by what way the target was asked, and not what or how much.
func overlooked() []string {
	return []string{
		"load.duration", "load.ramp", "load.warm_up", "load.grace", "objectives", "http.headers",
		"http.insecure", "http.cacert", "http.cert", "http.key", "http.server_name", "http.auth",
		"connections.connect_to", "connections.resolve", "connections.unix_socket", "connections.source_ip", "connections.dns_ttl",
	}
}

// unlike lists how two runs differ that should not. The names are those of the files.
func unlike(a, b *report.Report, nameA, nameB string) []unlikeness {
	if a.Run.ID == b.Run.ID && a.Run.StartedAt.Equal(b.Run.StartedAt) {
		return []unlikeness{{what: fmt.Sprintf("%s and %s are one run", nameA, nameB), remedy: "give two"}}
	}
	var all []unlikeness
	if a.SchemaVersion != b.SchemaVersion {
		all = append(all, unlikeness{what: fmt.Sprintf("the schema version is %d in %s and %d in %s", a.SchemaVersion, nameA, b.SchemaVersion, nameB), remedy: "measure both with one gonogo"})
	}
	if was, is := max(1, len(a.Merged)), max(1, len(b.Merged)); was != is { // of merged reports
		all = append(all, unlikeness{what: fmt.Sprintf("the load is of %s in %s and of %d in %s", plural(was, "run"), nameA, is, nameB), remedy: sameLoad})
	}
	was, is := map[string]string{}, map[string]string{}
	flatten("", scenarioOfReport(a), was)
	flatten("", scenarioOfReport(b), is)
	for _, path := range slices.Sorted(maps.Keys(union(was, is))) {
		if was[path] == is[path] || within(path, ignored()) || isHost(path, was[path], is[path]) {
			continue
		}
		u := unlikeness{what: fmt.Sprintf("%s is %s in %s and %s in %s", path, shown(was[path]), nameA, shown(is[path]), nameB)}
		u.safe, u.remedy = within(path, overlooked()), remedyOf(path)
		all = append(all, u)
	}
	if a.Run.Bodies != b.Run.Bodies {
		all = append(all, unlikeness{what: fmt.Sprintf("the files that %s and %s sent are not the same", nameA, nameB), remedy: sameRequests})
	}
	return all
}

// scenarioOfReport is the scenario as it was run.
func scenarioOfReport(r *report.Report) map[string]any {
	var effective struct{ Scenario map[string]any }
	from := json.NewDecoder(bytes.NewReader(r.Run.Effective))
	from.UseNumber()
	_ = from.Decode(&effective) // without one, every value is missing
	return effective.Scenario
}

// remedyOf says what to do where two scenarios differ.
func remedyOf(path string) string {
	switch {
	case within(path, []string{"objectives"}):
		return sameJudging
	case within(path, overlooked()):
		return overlook
	case within(path, []string{"load"}):
		return sameLoad
	}
	return sameRequests
}

// within tells whether a path lies in one of some.
func within(path string, some []string) bool {
	return slices.ContainsFunc(some, func(p string) bool {
		rest, found := strings.CutPrefix(path, p)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// isHost tells whether two steps' URLs differ in nothing but the host: in the target.
func isHost(path, a, b string) bool {
	return strings.HasPrefix(path, "steps[") && strings.HasSuffix(path, "].url") && a != "" && b != "" && behindHost(a) == behindHost(b)
}

func behindHost(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		return rest[i:]
	}
	return ""
}
