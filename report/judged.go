package report

import "gonogo/slo"

// An Objective is one objective as it was judged.
type Objective struct {
	Name        string   `json:"name"`
	Target      string   `json:"target"`
	Conditional *string  `json:"conditional"`
	NoGo        *string  `json:"no_go"`
	Verdict     string   `json:"verdict"`
	Band        string   `json:"band"`
	Rule        string   `json:"rule"`
	Measured    *float64 `json:"measured"`      // in Unit
	Shown       string   `json:"measured_text"` // Measured as people read it, on the right side of every limit
	Limit       float64  `json:"limit"`         // of Target, in Unit
	Unit        string   `json:"unit"`          // "ms", "%", "/s" or "" for a count
	Samples     int64    `json:"samples"`
	Margin      *float64 `json:"margin"` // how far Measured is on Limit's good side: share of Limit, or points for "%", or a count
	Claim       string   `json:"claim"`
	Bounds      *Bounds  `json:"bounds"`
	Source      string   `json:"source"`

	Worst     *Worst     `json:"worst,omitempty"`     // of a target in windows
	Touches   []string   `json:"touches,omitempty"`   // of an inconclusive one: the verdicts that it may be, where that is known
	Inference *Inference `json:"inference,omitempty"` // of an inferred claim
}

// A Worst is the worst of the windows that an objective was judged in.
type Worst struct {
	T       float64 `json:"t"` // its start, in seconds since the run's
	Length  float64 `json:"length_s"`
	Samples int64   `json:"samples"`
	Bad     int64   `json:"bad"` // not answered well or, of a response time, beyond the target's limit
}

// An Inference is what the run says about the service behind it: about the share of
// its requests that are not answered well or beyond the target's limit. Shares are
// in percent.
type Inference struct {
	Bad       float64  `json:"bad_percent"` // as observed
	Lo        float64  `json:"lo_percent"`  // each bound at 95 % by itself
	Hi        float64  `json:"hi_percent"`
	Allowed   float64  `json:"allowed_percent"`
	Effective float64  `json:"effective"`     // independent requests that say as much
	Deff      float64  `json:"design_effect"` // how many requests count as one
	Waves     float64  `json:"waves"`         // the same of what is slower than the median: how long waves of slow requests are
	Borrowed  bool     `json:"borrowed"`      // the design effect is that of slow requests, because few are bad
	Blocks    int      `json:"blocks"`        // of time
	Doubt     string   `json:"doubt"`         // why no verdict can be given on the bounds
	Further   *float64 `json:"further_s"`     // how much longer the run would have to be; null: not at all, or unknown
	Outages   *Outages `json:"outages"`       // of a success or error rate
}

// Outages are the stretches of seconds in which more than half of the requests failed.
type Outages struct {
	Count   int     `json:"count"`
	Longest float64 `json:"longest_s"`
	UpTo    float64 `json:"up_to_an_hour"` // how many there may be, at 95 %
}

// Bounds are an interval of a measured value.
type Bounds struct {
	Lo         *float64 `json:"lo"` // null: no bound on this side
	Hi         *float64 `json:"hi"`
	Confidence float64  `json:"confidence"`
}

func objectivesOf(judgements []slo.Judgement) []Objective {
	rows := make([]Objective, len(judgements))
	for i, j := range judgements {
		rows[i] = Objective{
			Name: j.Objective.Name, Target: j.Objective.Go.String(),
			Conditional: targetText(j.Objective.Conditional), NoGo: targetText(j.Objective.NoGo),
			Verdict: string(j.Verdict), Band: j.Band, Rule: j.Rule,
			Measured: number(j.Measured), Shown: j.MeasuredText(), Limit: j.Objective.Go.Limit.Float(), Unit: j.Unit,
			Samples: j.Samples, Margin: number(j.Margin), Claim: string(j.Claim), Bounds: bounds(j.Bounds),
			Source: j.Objective.Source, Worst: worst(j.Worst), Touches: touches(j.Touches), Inference: inference(j.Inference),
		}
	}
	return rows
}

func worst(w *slo.Window) *Worst {
	if w == nil {
		return nil
	}
	return &Worst{T: w.Start.Seconds(), Length: w.Length.Seconds(), Samples: w.Samples, Bad: w.Bad}
}

func touches(verdicts []slo.Verdict) []string {
	var all []string
	for _, v := range verdicts {
		all = append(all, string(v))
	}
	return all
}

func inference(i *slo.Inference) *Inference {
	if i == nil {
		return nil
	}
	out := &Inference{
		Bad: 100 * i.Value, Lo: 100 * i.Lo, Hi: 100 * i.Hi, Allowed: 100 * i.Allowed,
		Effective: i.Effective, Deff: i.Deff, Waves: i.Waves, Borrowed: i.Borrowed, Blocks: i.Blocks, Doubt: i.Doubt,
	}
	if i.Further > 0 {
		seconds := i.Further.Seconds()
		out.Further = &seconds
	}
	if o := i.Outages; o != nil {
		out.Outages = &Outages{Count: o.Count, Longest: o.Longest.Seconds(), UpTo: o.UpTo}
	}
	return out
}

func targetText(t *slo.Target) *string {
	if t == nil {
		return nil
	}
	text := t.String()
	return &text
}

func bounds(i *slo.Bounds) *Bounds {
	if i == nil {
		return nil
	}
	return &Bounds{Lo: number(i.Lo), Hi: number(i.Hi), Confidence: i.Confidence}
}
