package scenarios

import (
	"errors"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/slo/trigger"
)

// An Abort is a rule that ends the run, such as "error_rate > 5% for 5m". In a file
// it may also be the text of its rule alone.
type Abort struct {
	When    Rule    `yaml:"when" json:"when"`
	Reading Reading `yaml:"reading" json:"reading"` // what "for" means
}

// DecodeYAML reads a rule from its text or from a mapping.
func (a *Abort) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&a.When)
	}
	if n.IsList() {
		return n.Mistake("is a list", a.Want())
	}
	type mapping Abort
	return n.Decode((*mapping)(a))
}

// Want says what a rule looks like.
func (Abort) Want() string {
	return "a text such as error_rate > 5% for 5m, or a mapping with when"
}

// Rule is a trigger.Rule that is read from its text.
type Rule struct{ trigger.Rule }

// UnmarshalText reads a rule such as error_rate > 5% for 5m.
func (r *Rule) UnmarshalText(text []byte) error {
	v, err := trigger.Parse(string(text))
	if pe, ok := errors.AsType[*trigger.ParseError](err); ok {
		return explain(pe, "rule")
	}
	r.Rule = v
	return err
}

// MarshalText writes the rule as it is read.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Reading is a trigger.Reading.
type Reading trigger.Reading

// UnmarshalText accepts the known readings.
func (r *Reading) UnmarshalText(text []byte) error {
	*r = Reading(text)
	return yamlfile.OneOf(string(text), string(trigger.Both), string(trigger.Sustained), string(trigger.Windowed))
}

// An AbortRule is a rule as it was compiled.
type AbortRule struct {
	trigger.Rule
	Reading trigger.Reading
	Source  string // where it was written, "file:line" or "--abort-when"
}

// aborts resolves the rules that end the run.
func (c *compiler) aborts() []AbortRule {
	var all []AbortRule
	for i := range c.Abort {
		a := &c.Abort[i]
		path := yamlfile.Path("abort").Index(i)
		if a.When.Target.Metric == "" {
			c.wrong(path, "the rule has no when", "when: with a rule such as error_rate > 5% for 5m")
			continue
		}
		fill(c, path.Key("reading"), &a.Reading, Reading(trigger.Both))
		c.target(path, "when", a.When.Target)
		if length := time.Duration(c.Load.Duration); a.When.For > length && length > 0 && !c.isSpoiled("load.duration") {
			c.wrong(path, a.When.String()+" can never fire in a run of "+c.Load.Duration.String(), "a hold of "+c.Load.Duration.String()+" or less")
		}
		all = append(all, AbortRule{a.When.Rule, trigger.Reading(a.Reading), c.origin(path).place().Short()})
	}
	return all
}

func setAborts(f *File, values []string) error {
	aborts := make([]Abort, len(values))
	for i, v := range values {
		if err := aborts[i].When.UnmarshalText([]byte(v)); err != nil {
			return err
		}
	}
	f.Abort = aborts
	f.replaced("abort")
	return nil
}
