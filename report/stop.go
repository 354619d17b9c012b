package report

import "cmp"

// A Stop is the rule that ended a run before its plan did.
type Stop struct {
	Kind string  `json:"kind"` // one of the Stops
	At   float64 `json:"at_s"` // seconds since the start of the run, up to which was looked
	Rule string  `json:"rule"` // which one, as it was written
	Why  string  `json:"why"`  // in words, with what was seen

	// Of an objective that failed.
	Objective  string   `json:"objective,omitempty"`
	Claim      string   `json:"claim,omitempty"`      // what was shown, such as "p95 >= 200ms"
	P          *float64 `json:"p,omitempty"`          // holds whenever it is looked at
	Confidence *Bounds  `json:"confidence,omitempty"` // of the share of bad requests, in percent: holds although the run was stopped
}

// The kinds of Stop.
const (
	StopAbort      = "abort"      // a rule of the scenario fired
	StopFailed     = "failed"     // an objective is sure to have failed
	StopProtective = "protective" // nearly everything failed: to spare the target, and nothing is claimed
)

// Reason is the stop as a reason of the verdict; "" of nil.
func (s *Stop) Reason() string {
	switch {
	case s == nil:
		return ""
	case s.Kind == StopProtective:
		return "to spare the target, with no claim about an objective: " + s.Why
	}
	return cmp.Or(s.Objective, s.Rule) + ": " + s.Why
}
