package report

import (
	"strings"

	"gonogo/report/show"
)

// Sentence is the outcome in one line: the verdict, and the rules that fired. "GO:
// every objective holds". It is inert text of bounded length; what makes a text a link
// or a tag where it is shown is for those who show it to escape.
func (r *Report) Sentence() string {
	const (
		most   = 3 // reasons: the page below the sentence tells the others
		widest = 400
	)
	verdict, reasons := show.Inert(r.Verdict, 20), r.Reasons
	if len(reasons) == 0 && r.Verdict == "GO" {
		reasons = []string{r.fine()}
	}
	var parts []string
	for _, reason := range onceOnly(reasons[:min(most, len(reasons))]) {
		parts = append(parts, show.Inert(reason, widest))
	}
	if more := len(reasons) - most; more > 0 {
		parts = append(parts, "and "+show.Counted(int64(more), "more reason"))
	}
	if len(parts) == 0 {
		return verdict
	}
	return verdict + ": " + strings.Join(parts, "; ")
}

// onceOnly leaves out of all reasons but the first that the measurement is not valid.
func onceOnly(reasons []string) []string {
	const prefix = "the measurement is not valid: "
	said := false
	var all []string
	for _, reason := range reasons {
		rest, invalid := strings.CutPrefix(reason, prefix)
		if invalid && said {
			reason = rest
		}
		said = said || invalid
		all = append(all, reason)
	}
	return all
}
