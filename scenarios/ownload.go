package scenarios

import (
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// OwnLoad is how the load of one flow is made. Its phases are the scenario's.
type OwnLoad struct {
	Users       int       `yaml:"users" json:"users,omitempty"`
	ThinkTime   ThinkTime `yaml:"think_time" json:"think_time,omitzero"`
	Pacing      Duration  `yaml:"pacing" json:"pacing,omitempty"`
	Iterations  int       `yaml:"iterations" json:"iterations,omitempty"` // of each user; 0: as many as the time allows
	Rate        Rate      `yaml:"rate" json:"rate,omitempty"`
	Arrival     Arrival   `yaml:"arrival" json:"arrival,omitempty"`
	MaxInFlight int       `yaml:"max_in_flight" json:"max_in_flight,omitempty"`
	OnOverload  Overload  `yaml:"on_overload" json:"on_overload,omitempty"`
}

// ownLoad resolves the load of one flow. Its phases are those of the plan.
func (j *journey) ownLoad(path yamlfile.Path, l *OwnLoad, f *loadgen.Flow) {
	users, rate := j.given(path.Key("users"), l.Users != 0), j.given(path.Key("rate"), l.Rate != 0)
	switch {
	case users && rate:
		j.wrong(path.Key("users"), "both users and a rate of arrivals are given", "one of them: users wait for their answers, arrivals do not")
	case users:
		f.Closed = j.ownUsers(path, l)
	case rate:
		f.Open = j.ownRate(path, l)
	default:
		j.wrong(path, "no load is given", "users or rate")
	}
}

func (j *journey) ownUsers(path yamlfile.Path, l *OwnLoad) *loadgen.Closed {
	j.without(path, "users", "arrival", "max_in_flight", "on_overload")
	j.within(path.Key("users"), l.Users, maxUsers)
	if l.Pacing > 0 && l.ThinkTime != (ThinkTime{}) {
		j.wrong(path.Key("pacing"), "both pacing and think_time are given", "one of them: pacing says when the next iteration is due already")
	}
	j.atMost(path.Key("pacing"), l.Pacing)
	j.iterations(path.Key("iterations"), l.Iterations)
	return &loadgen.Closed{Users: l.Users, Iterations: l.Iterations, ThinkTime: loadgen.Distribution(l.ThinkTime), Pacing: time.Duration(l.Pacing)}
}

func (j *journey) ownRate(path yamlfile.Path, l *OwnLoad) *loadgen.Open {
	j.without(path, "a rate", "think_time", "pacing", "iterations")
	j.rate(path.Key("rate"), float64(l.Rate), float64(l.Rate))
	fill(j.compiler, path.Key("arrival"), &l.Arrival, Constant)
	fill(j.compiler, path.Key("on_overload"), &l.OnOverload, Queue)
	fill(j.compiler, path.Key("max_in_flight"), &l.MaxInFlight, DefaultInFlight(float64(l.Rate), time.Duration(j.Load.Timeout)))
	j.within(path.Key("max_in_flight"), l.MaxInFlight, maxInFlight)
	return &loadgen.Open{
		Poisson: l.Arrival == Poisson, Drop: l.OnOverload == Drop, MaxInFlight: l.MaxInFlight,
		Stages: []loadgen.Stage{{For: time.Duration(j.Load.Duration), From: float64(l.Rate), To: float64(l.Rate)}},
	}
}

// without refuses keys that belong to the other load model.
func (j *journey) without(path yamlfile.Path, model string, keys ...string) {
	for _, key := range keys {
		if j.has(path.Key(key)) {
			j.wrong(path.Key(key), "has no meaning in a load made by "+model, "it left out")
		}
	}
}
