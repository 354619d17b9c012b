package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/feed"
	"gonogo/loadgen/session"
)

// Data are rows that users take.
type Data struct {
	File      string   `yaml:"file" json:"file"`
	Format    string   `yaml:"format" json:"format,omitempty"` // csv, json or ndjson; by the file's name
	Delimiter string   `yaml:"delimiter" json:"delimiter,omitempty"`
	Header    []string `yaml:"header" json:"header,omitempty"` // names of the columns, where the file has none
	Order     string   `yaml:"order" json:"order,omitempty"`   // sequential, random, unique or once
	AtEnd     string   `yaml:"at_end" json:"at_end,omitempty"` // repeat, stop or fail
}

// A Feeder has the rows of a file of data.
type Feeder interface {
	loadgen.Feeder
	Columns() []string
	Rows() int
	// Bind makes a column the value of a variable. What is not bound is not read.
	Bind(column string, v session.Var) error
	Close() error
}

// OpenData opens a file of data, for Options.
func OpenData(d Data, seed uint64) (Feeder, error) {
	formats := map[string]feed.Format{"": feed.ByName, "csv": feed.CSV, "json": feed.JSON, "ndjson": feed.NDJSON}
	orders := map[string]feed.Order{"": feed.Sequential, "sequential": feed.Sequential, "random": feed.Random, "unique": feed.Unique, "once": feed.Once}
	ends := map[string]feed.End{"": feed.ByOrder, "repeat": feed.Repeat, "stop": feed.Stop, "fail": feed.Fail}
	return feed.Open(feed.Options{
		Path: d.File, Format: formats[d.Format], Delimiter: d.Delimiter, Header: d.Header,
		Order: orders[d.Order], AtEnd: ends[d.AtEnd], Seed: seed,
	})
}

// source is one of the scenario's data.
type source struct {
	Feeder
	name, file string
	path       yamlfile.Path
	variables  map[string]session.Var // by column
}

// feeders opens all data and declares their columns as variables.
func (j *journey) feeders() {
	for _, d := range j.Data {
		path := yamlfile.Path("data").Key(d.Name)
		j.name(path, d.Name)
		for _, s := range j.sources {
			if s.name == d.Name {
				j.wrong(path, "it comes twice", "one of them")
			}
		}
		f := j.feeder(path, &d.Value)
		if f == nil {
			j.unread = append(j.unread, d.Name)
			continue
		}
		s := source{Feeder: f, name: d.Name, file: d.Value.File, path: path, variables: map[string]session.Var{}}
		for _, column := range f.Columns() {
			v := j.scope.Declare(d.Name + "." + column)
			s.variables[column], j.known[v] = v, true
		}
		j.sources = append(j.sources, s)
	}
}

// enough refuses data of which each user has a row for life, where there are fewer than
// users and nobody has said what then.
func (j *journey) enough() {
	users := 0
	for _, l := range j.out.Loads() {
		if l.Closed != nil {
			users += l.Closed.Users
		}
	}
	for _, s := range j.sources {
		for _, d := range j.Data {
			if d.Name == s.name && d.Value.Order == "unique" && d.Value.AtEnd == "" && s.Rows() < users {
				j.wrong(s.path.Key("order"), fmt.Sprintf("the file has too few rows for %d users, who have one each: %d", users, s.Rows()), "as many rows as users, or at_end: stop where the others may end at once")
			}
		}
	}
}

// taking compiles a list that begins with a row of each of the data that it reads.
func (j *journey) taking(compile func() []loadgen.Action) []loadgen.Action {
	before := j.read
	j.read = map[session.Var]bool{}
	actions := compile()
	var all []loadgen.Action
	for _, s := range j.sources {
		taken := false
		for column, v := range s.variables {
			if !j.read[v] {
				continue
			}
			taken = true
			if err := s.Bind(column, v); err != nil {
				j.wrong(s.path, err.Error(), "")
			}
		}
		if taken {
			all = append(all, loadgen.Feed{Feeder: s.Feeder})
		}
	}
	maps.Copy(before, j.read)
	j.read = before
	return append(all, actions...)
}

// feeder opens one of the data; nil after a mistake.
func (j *journey) feeder(path yamlfile.Path, d *Data) Feeder {
	if d.File == "" {
		j.wrong(path.Key("file"), "no file is given", "file: with a .csv, .json or .ndjson file")
		return nil
	}
	if j.options.OpenData == nil {
		j.wrong(path.Key("file"), "files cannot be read here", "no data")
		return nil
	}
	for key, text := range map[string]string{"format": d.Format, "order": d.Order, "at_end": d.AtEnd} {
		words := map[string][]string{"format": {"csv", "json", "ndjson"}, "order": {"sequential", "random", "unique", "once"}, "at_end": {"repeat", "stop", "fail"}}[key]
		if text == "" {
			continue
		}
		if err := yamlfile.OneOf(text, words...); err != nil {
			what, want := yamlfile.Explain(err)
			j.wrong(path.Key(key), what, want)
			return nil
		}
	}
	resolved := *d
	name, ok := j.expand(path.Key("file"), d.File)
	if !ok {
		return nil
	}
	resolved.File = j.beside(path.Key("file"), name)
	f, err := j.options.OpenData(resolved, j.Load.Seed)
	if err != nil {
		j.dataMistakes(path, err)
		return nil
	}
	j.files = append(j.files, f)
	return f
}

// dataMistakes reports what is wrong with a file of data: each mistake has its own
// place there.
func (j *journey) dataMistakes(path yamlfile.Path, err error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			j.dataMistakes(path, one)
		}
		return
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		j.wrong(path.Key("file"), "read "+yamlfile.Quote(e.Path)+": "+e.Err.Error(), "a file that can be read")
		return
	}
	j.wrong(path.Key("file"), err.Error(), "")
}
