package report

// Glance makes the Report of a run that goes on, for people to look at again and again:
// that of Build, but for what only other tools, Text and judging again take, which is
// most of the work. It says the same of Curves and of Moments.
func Glance(in Input) (*Report, error) {
	b := newBuilder(in)
	r, err := b.report()
	if err != nil {
		return nil, err
	}
	r.curves = curvesOf(b.total, r.Generator)
	return r, nil
}
