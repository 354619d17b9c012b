package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gonogo/internal/yamlfile"
	"gonogo/scenarios"
)

// addSettings gives the command a flag for every setting of the scenario.
func addSettings(cmd *cobra.Command) {
	flags := cmd.Flags()
	for _, s := range scenarios.Settings() {
		usage := s.Usage
		if s.Default != "" {
			usage += " (default " + s.Default + ")"
		}
		switch {
		case s.Repeatable:
			flags.StringArray(s.Name, nil, usage)
		case s.Bool:
			flags.Bool(s.Name, false, usage)
		default:
			flags.String(s.Name, "", usage)
		}
		if len(s.Words) > 0 {
			_ = cmd.RegisterFlagCompletionFunc(s.Name, cobra.FixedCompletions(s.Words, cobra.ShellCompDirectiveNoFileComp)) // it has just been added
		}
	}
}

// applySettings lays environment and flags over the file.
func applySettings(f *scenarios.File, flags *pflag.FlagSet, std stdio) {
	for _, s := range scenarios.Settings() {
		if v, ok := std.env(s.Env); ok && v != "" {
			s.SetEnv(f, v)
		}
		if flags.Changed(s.Name) {
			s.Set(f, scenarios.ByFlag, flagValues(flags.Lookup(s.Name))...)
		}
	}
}

// applyFlags lays flags alone over a scenario that has heard of the environment.
func applyFlags(f *scenarios.File, flags *pflag.FlagSet) {
	for _, s := range scenarios.Settings() {
		if flags.Changed(s.Name) {
			s.Set(f, scenarios.ByFlag, flagValues(flags.Lookup(s.Name))...)
		}
	}
}

func flagValues(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

// seconds is a flag of a length of time in the form of a scenario's: 30s, 1d12h, or a
// plain number of seconds, as the settings take it.
type seconds struct{ of *time.Duration }

func durationFlag(flags *pflag.FlagSet, at *time.Duration, name string, value time.Duration, usage string) {
	*at = value
	flags.Var(seconds{at}, name, usage)
}

// String implements pflag.Value.
func (s seconds) String() string {
	if s.of == nil {
		return ""
	}
	return short(*s.of)
}

// Set implements pflag.Value.
func (s seconds) Set(text string) error {
	d, err := yamlfile.ParseDuration(text)
	if err == nil {
		*s.of = time.Duration(d)
	}
	return err
}

// Type implements pflag.Value.
func (seconds) Type() string { return "duration" }

// ownFlags are those that are no setting of a scenario and have a variable.
func ownFlags() []string {
	return append([]string{
		"out-dir", "quiet", "metrics-listen", "metrics-push", "remote-write", "otlp", "dry-run", "log-file", "log-format", "against", "format", "fail-on",
	}, comparing()...)
}

func envName(flag string) string {
	return "GONOGO_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// applyOwn sets own flags that were not given from the environment.
func applyOwn(flags *pflag.FlagSet, std stdio) error {
	for _, name := range ownFlags() {
		v, ok := std.env(envName(name))
		if !ok || v == "" || flags.Changed(name) || flags.Lookup(name) == nil && isOfSome(name) {
			continue
		}
		if err := flags.Set(name, v); err != nil {
			if f := flags.Lookup(name); f != nil && f.Value.Type() == "bool" {
				return fmt.Errorf("%s: %q is neither true nor false", envName(name), v)
			}
			return fmt.Errorf("%s: %w", envName(name), err)
		}
	}
	return nil
}

// isOfSome tells the flags that only some commands have: for the others, their
// variables mean nothing.
func isOfSome(name string) bool {
	return strings.HasPrefix(name, "log-") || slices.Contains(comparing(), name)
}

// warnUnknownEnv names GONOGO_ variables that nothing reads: most are misspelt.
func warnUnknownEnv(std stdio) {
	var known []string
	for _, s := range scenarios.Settings() {
		known = append(known, s.Env)
	}
	for _, name := range ownFlags() {
		known = append(known, envName(name))
	}
	for _, entry := range std.environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "GONOGO_") || slices.Contains(known, name) {
			continue
		}
		hint := ""
		if near := yamlfile.Nearest(name, known); near != "" {
			hint = ", did you mean " + near + "?"
		}
		fmt.Fprintf(std.err, "gonogo: warning: environment variable %s is not read by anything%s\n", name, hint)
	}
}

// completeScenarios offers the ready-made scenarios beside files.
func completeScenarios(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, r := range scenarios.AllReadyMade() {
		names = append(names, r.Name+"\t"+r.Description)
	}
	return names, cobra.ShellCompDirectiveDefault
}
