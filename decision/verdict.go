package decision

// Verdict is the outcome of a run, or of a launch, in a word.
type Verdict string

// The verdicts, from best to worst. INVALID is the worst: a broken measurement
// must not be read as anything else, not even as the target's failure.
const (
	Go            Verdict = "GO"
	ConditionalGo Verdict = "CONDITIONAL-GO"
	Inconclusive  Verdict = "INCONCLUSIVE"
	NoGo          Verdict = "NO-GO"
	Invalid       Verdict = "INVALID"
)

// rank orders the verdicts. One that is not known proves nothing.
func (v Verdict) rank() int {
	switch v {
	case Go:
		return 0
	case ConditionalGo:
		return 1
	case NoGo:
		return 3
	case Invalid:
		return 4
	}
	return 2
}

// Worst returns the worst of some verdicts, and INCONCLUSIVE of none.
func Worst(verdicts ...Verdict) Verdict {
	if len(verdicts) == 0 {
		return Inconclusive
	}
	worst := verdicts[0]
	for _, v := range verdicts[1:] {
		if v.rank() > worst.rank() {
			worst = v
		}
	}
	return worst
}

// ExitCode returns what a command that ends with the verdict exits with. Only
// GO is 0. An invalid run says as little about the target as an inconclusive
// one, so the two share their code.
func ExitCode(v Verdict) int {
	switch v {
	case Go:
		return 0
	case NoGo:
		return 10
	case ConditionalGo:
		return 11
	}
	return 12
}
