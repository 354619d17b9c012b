package reporttest

import (
	"time"

	"gonogo/report"
)

// connections is what became of the run's connections.
func connections(w World) *report.Connections {
	spread := report.Spread{Count: 1000, Min: ptr(10.0), Mean: ptr(41.0), P50: ptr(38.0), P75: ptr(50.0), P90: ptr(70.0), P95: ptr(91.0), P99: ptr(160.0), P999: ptr(300.0), Max: ptr(1100.0)}
	return &report.Connections{
		Opened: 400, Failed: 2, Handshakes: 398, Resumed: 300, Versions: map[string]int64{"1.3": 398}, Ciphers: map[string]int64{"TLS_AES_128_GCM_SHA256": 398},
		Lookups: 12, Changes: 1,
		Addresses: []report.Address{
			{Address: w.says("192.0.2.7:443"), Opened: 200, Requests: 1000, Errors: 3, Service: spread},
			{Address: "192.0.2.8:443", Opened: 200, Failed: 2, Requests: 990, Service: spread, LeftOut: w.says("it refused three connections in a row")},
		},
	}
}

// sustain makes the report that of a sustained run which was interrupted once, and drifts.
func sustain(r *report.Report, length time.Duration) {
	at := r.Run.StartedAt
	half := (length / 2).Seconds()
	r.Kind = report.KindSoak
	r.Soak = &report.Soak{
		Journal: "load_test_sustained_20251213_160000/journal", State: "ended", Made: length.Seconds() - 60, Planned: length.Seconds(), Excluded: 90, Missing: 0.2,
		Segments: []report.SoakSegment{
			{T: 0, StartedAt: at, Made: half, End: "died"},
			{T: half + 60, StartedAt: at.Add(length/2 + time.Minute), EndedAt: ptr(at.Add(length)), Plan: half, Made: half - 60, End: "plan"},
		},
		Gaps:   []report.SoakGap{{Why: "interrupted", T: half, At: at.Add(length / 2), Length: 60, Plan: half}},
		Events: []report.SoakEvent{{At: at.Add(length / 3), T: length.Seconds() / 3, Kind: "slo_breach", Text: "slo=success window=5m value=98.6% target=99%"}},
		Damage: []string{},
	}
	r.Drift = &report.Drift{
		Verdict: "pass", Block: length.Seconds() / 48, WarmUp: 600, Notes: []string{},
		Measures: []report.Drifted{
			drifted("p50", 38, 0.01), drifted("p95", 90, 0.043), drifted("p99", 160, -0.02),
			{
				Name: report.DriftErrors, Verdict: "pass", Notes: []string{}, Margin: 0.001, Level: ptr(0.002),
				Change: report.Change{Value: ptr(0.0001), Lower: ptr(-0.0002), Upper: ptr(0.0004)}, PerHour: report.Change{Value: ptr(0.00001)}, Blocks: 48,
			},
			drifted(report.DriftThroughput, 41, 0.002),
		},
	}
}

func drifted(name string, level, change float64) report.Drifted {
	return report.Drifted{
		Name: name, Verdict: "pass", Notes: []string{}, Margin: 0.1, Level: &level, Blocks: 48,
		Change:  report.Change{Value: ptr(change), Lower: ptr(change - 0.02), Upper: ptr(change + 0.02)},
		PerHour: report.Change{Value: ptr(level * change / 24)},
	}
}
