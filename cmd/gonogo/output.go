package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"gonogo/decision"
	"gonogo/internal/terminal"
	"gonogo/report"
	"gonogo/report/formats"
	"gonogo/report/html"
)

// A form is one way to give a report out. Those with an extension are files beside the
// report; the others are printed.
type form struct {
	name, extension, says string
	write                 func(io.Writer, *report.Report) error
}

// The forms that are not of report/formats.
const (
	textForm   = "text"
	jsonForm   = "json"
	htmlForm   = "html"
	githubForm = "github"
	noForm     = "none"
)

// forms are all there are, in the order of the help. Text looks as style has it.
func forms(style report.Style) []form {
	all := []form{
		{textForm, "", "the summary, for people", func(w io.Writer, r *report.Report) error { return report.Text(w, r, style) }},
		{jsonForm, ".json", "the report itself, which all others are printed from", report.Encode},
		{htmlForm, ".html", "one page with charts, which holds the report as well", html.Write},
	}
	here, _ := os.Getwd() // unknown: files are named as they are
	for _, f := range formats.All() {
		all = append(all, form{f.Name, f.Extension, f.Says, func(w io.Writer, r *report.Report) error { return f.Write(w, r, formats.Where{Dir: here}) }})
	}
	return append(all, form{noForm, "", "nothing: the exit code says it", func(io.Writer, *report.Report) error { return nil }})
}

// outputOptions are the flags that say in which forms a report is given out.
type outputOptions struct {
	formats []string
	html    bool
	to      string
	failOn  string
}

// addFormats gives a command those of them that every command with a report has.
func (o *outputOptions) addFormats(flags *pflag.FlagSet, usual string) {
	flags.StringSliceVar(&o.formats, "format", nil, "`forms` of the report, with commas: text, json, html, ...; gonogo help formats lists them (default \""+usual+"\")")
	flags.StringVarP(&o.to, "output", "o", "", "`file` for the one form that --format names; - is stdout, which then holds nothing else")
}

// add gives a run's command all of them.
func (o *outputOptions) add(flags *pflag.FlagSet) {
	o.addFormats(flags, "text,json")
	flags.BoolVar(&o.html, "html", false, "write the report as a page, too: as html in --format")
	flags.StringVar(&o.failOn, "fail-on", "conditional", "the mildest verdict that ends with another code than 0: `conditional`, no-go (CONDITIONAL-GO is 0) or never")
}

// An output is how one report is given out.
type output struct {
	files   []form // beside the report
	printed []form // on stdout
	to      *form  // to the file of -o
	path    string
	github  bool
	latest  bool // files are copied to names that do not change
}

// resolve reads the flags of a run's command. In GitHub's CI a run says there how it went.
func (o *outputOptions) resolve(std stdio) (output, error) {
	names := slices.Clone(o.formats)
	if len(names) == 0 {
		names = []string{textForm}
	}
	if o.html {
		names = append(names, htmlForm)
	}
	out, err := o.outputOf(names, std)
	if v, _ := std.env("GITHUB_ACTIONS"); v == "true" && !slices.Contains(names, noForm) {
		out.github = true
	}
	out.latest = len(o.formats) > 0 || o.html
	return out, errors.Join(err, o.gateError(), o.placeError())
}

// placeError finds early a file of -o that cannot be: a run may take hours.
func (o *outputOptions) placeError() error {
	if o.to == "" || o.to == "-" {
		return nil
	}
	if info, err := os.Stat(o.to); err == nil && info.IsDir() {
		return fmt.Errorf("-o %s: is a folder: want a file", o.to)
	}
	if info, err := os.Stat(filepath.Dir(o.to)); err != nil || !info.IsDir() {
		return fmt.Errorf("-o %s: there is no folder %s", o.to, filepath.Dir(o.to))
	}
	return nil
}

// outputOf sorts forms by where they go.
func (o *outputOptions) outputOf(names []string, std stdio) (out output, err error) {
	var chosen []form
	var unknown []error
	all := forms(styleOf(std))
	for _, name := range names {
		name = strings.TrimSpace(name)
		i := slices.IndexFunc(all, func(f form) bool { return f.name == name })
		switch {
		case i < 0:
			unknown = append(unknown, fmt.Errorf("--format %q: want some of %s", name, formNames(all)))
		case !slices.ContainsFunc(chosen, func(f form) bool { return f.name == name }):
			chosen = append(chosen, all[i])
		}
	}
	if o.to != "" && len(chosen) != 1 && len(unknown) == 0 {
		unknown = append(unknown, fmt.Errorf("-o %s: want --format with one form, got %d", o.to, len(chosen)))
	}
	if len(unknown) > 0 {
		return out, errors.Join(unknown...)
	}
	if out.path = o.to; out.path != "" {
		out.to = &chosen[0]
		return out, nil
	}
	for _, f := range chosen {
		switch {
		case f.name == githubForm:
			out.github = true
		case f.name == jsonForm: // always there
		case f.extension != "":
			out.files = append(out.files, f)
		case f.name == textForm: // last, because the eye ends there
			defer func() { out.printed = append(out.printed, f) }()
		default:
			out.printed = append(out.printed, f)
		}
	}
	return out, nil
}

func formNames(all []form) string {
	var names []string
	for _, f := range all {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// give prints a report that is there already, in one form: to stdout, or to the file of -o.
func (o *outputOptions) give(r *report.Report, std stdio) error {
	out, err := o.one(std)
	if err != nil {
		return usageError(err)
	}
	if err := out.toFile(r, std); err != nil {
		return failure(err)
	}
	return nil
}

// one reads the flags of a command that gives one form out.
func (o *outputOptions) one(std stdio) (output, error) {
	alone := outputOptions{formats: o.formats, to: cmp.Or(o.to, "-")}
	if len(alone.formats) == 0 {
		alone.formats = []string{textForm}
	}
	out, err := alone.outputOf(alone.formats, std)
	err = errors.Join(err, o.placeError())
	if err == nil && out.to.name == htmlForm && out.path == "-" && terminal.Of(std.out) {
		err = errPageOnTerminal
	}
	return out, err
}

var errPageOnTerminal = errors.New("--format html: a page is not for a terminal: give -o FILE.html")

// companions are the files that go beside the report.
func (out output) companions(r *report.Report) []report.Companion {
	var all []report.Companion
	for _, f := range out.files {
		all = append(all, report.Companion{Extension: f.extension, Write: func(w io.Writer) error { return f.write(w, r) }})
	}
	return all
}

// print gives out what is no file beside the report.
func (out output) print(r *report.Report, std stdio) error {
	if out.to != nil {
		return out.toFile(r, std)
	}
	for _, f := range out.printed {
		if err := f.write(std.out, r); err != nil {
			return fmt.Errorf("print the report as %s: %w", f.name, err)
		}
	}
	return nil
}

// toFile writes the one form to the file of -o, which appears whole or not at all.
func (out output) toFile(r *report.Report, std stdio) error {
	err := writeTo(out.path, func(w io.Writer) error { return out.to.write(w, r) }, std)
	if err != nil {
		return fmt.Errorf("print the report as %s: %w", out.to.name, err)
	}
	return nil
}

// writeTo writes to a file, or to stdout where it is called "-".
func writeTo(path string, write func(io.Writer) error, std stdio) error {
	if path == "-" {
		return write(std.out)
	}
	return replaceFile(path, write)
}

// replaceFile writes a file that is there whole, old or new, at any moment. What cannot
// be replaced, such as a pipe or a file that is mounted, is written to as it is.
func replaceFile(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	there := err == nil
	if !there || info.Mode().IsRegular() {
		err := writeAndRename(path, write)
		var content contentError
		if err == nil || !there || errors.As(err, &content) {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// A contentError is that the content of a file could not be written, wherever it is.
type contentError struct{ error }

func writeAndRename(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	buffered := bufio.NewWriter(f)
	if err := errors.Join(write(buffered), buffered.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return contentError{fmt.Errorf("write %s: %w", path, err)}
	}
	return os.Rename(f.Name(), path)
}

// copyLatest copies the files of a report to names that do not change, for those who
// cannot know when it started: load_test_report_latest.json and so on. Together they are
// one run: those of an earlier one are removed, also where a copy cannot be made.
func copyLatest(paths []string) error {
	latest := latestName(paths[0])
	stale, _ := filepath.Glob(latest + ".*") // the pattern is right, but in a folder whose name is one
	var failed error
	for _, path := range paths {
		_, extension, _ := strings.Cut(filepath.Base(path), ".")
		name := latest + "." + extension
		if err := copyTo(name, path); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		stale = slices.DeleteFunc(stale, func(s string) bool { return s == name })
	}
	for _, name := range stale {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func copyTo(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeAndRename(name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// latestName is the name without an extension that stands for the newest report of its
// kind in the folder.
func latestName(path string) string {
	stem, _, _ := strings.Cut(filepath.Base(path), ".")
	return filepath.Join(filepath.Dir(path), strings.Join(strings.SplitN(stem, "_", 4)[:3], "_")+"_latest")
}

// hasLatest tells whether such copies are kept in the folder of a report.
func hasLatest(path string) bool {
	_, err := os.Stat(latestName(path) + ".json")
	return err == nil
}

// toGitHub says in GitHub's CI how the run went: annotations, which go to stderr so that
// stdout stays what was asked for, the summary of the step and its outputs.
func (out output) toGitHub(r *report.Report, path string, std stdio) error {
	if !out.github {
		return nil
	}
	here, _ := os.Getwd() // unknown: files are named as they are
	at := formats.Where{Dir: here, Report: path}
	err := formats.GitHubAnnotations(std.err, r, at)
	for _, file := range []struct {
		variable string
		write    func(io.Writer) error
	}{
		{"GITHUB_STEP_SUMMARY", func(w io.Writer) error { return formats.GitHubSummary(w, r, at) }},
		{"GITHUB_OUTPUT", func(w io.Writer) error { return formats.GitHubOutput(w, r, at) }},
	} {
		name, ok := std.env(file.variable)
		if !ok || name == "" {
			continue
		}
		if appended := appendTo(name, file.write); appended != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", file.variable, appended))
		}
	}
	return err
}

func appendTo(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// The values of --fail-on.
const (
	failOnConditional = "conditional"
	failOnNoGo        = "no-go"
	failOnNever       = "never"
)

func (o *outputOptions) gateError() error {
	switch o.failOn {
	case failOnConditional, failOnNoGo, failOnNever:
		return nil
	}
	return fmt.Errorf("--fail-on %q: want %s, %s or %s", o.failOn, failOnConditional, failOnNoGo, failOnNever)
}

// gate is the code that the command ends with: the report's, unless the verdict is one
// that is let pass. What is no verdict, such as a signal, is never let pass.
func (o *outputOptions) gate(r *report.Report) int {
	verdict := decision.Verdict(r.Verdict)
	switch {
	case r.ExitCode != decision.ExitCode(verdict):
	case o.failOn == failOnNever, o.failOn == failOnNoGo && verdict == decision.ConditionalGo:
		return exitOK
	}
	return r.ExitCode
}
