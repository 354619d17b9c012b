package report

// Glance makes the Report of a run that goes on, for people to look at again and again:
// that of Build, but for what only other tools and judging again take, which is most of
// the work.
func Glance(in Input) (*Report, error) { return newBuilder(in).report() }
