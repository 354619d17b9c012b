package versus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
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
	if was, is := max(1, len(a.Merged)), max(1, len(b.Merged)); was != is {
		all = append(all, unlikeness{what: fmt.Sprintf("the load is of %s in %s and of %d in %s", show.Counted(int64(was), "run"), nameA, is, nameB), remedy: sameLoad})
	}
	for _, c := range Changes(Scenario(a), Scenario(b)) {
		if within(c.Path, ignored()) || isHost(c.Path, c.Was, c.Is) {
			continue
		}
		all = append(all, unlikeness{
			what:   fmt.Sprintf("%s is %s in %s and %s in %s", c.Path, orNotSet(c.Was), nameA, orNotSet(c.Is), nameB),
			remedy: remedyOf(c.Path), safe: within(c.Path, overlooked()),
		})
	}
	if a.Run.Bodies != b.Run.Bodies {
		all = append(all, unlikeness{what: fmt.Sprintf("the files that %s and %s sent are not the same", nameA, nameB), remedy: sameRequests})
	}
	return all
}

// Scenario is the effective scenario of a run, as its report has it.
func Scenario(r *report.Report) map[string]any {
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
