package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gonogo/internal/yamlfile"
	"gonogo/scenarios"
	"gonogo/scenarios/importer"
)

// importOptions are where what is imported goes.
type importOptions struct {
	out   string
	force bool
}

// add gives a command the flags. Without a name of its own the scenario is named after
// the input.
func (o *importOptions) add(cmd *cobra.Command, name string) {
	usage := "`file` for the scenario; - is standard output"
	if name == "" {
		usage += " (default: after the input's name)"
	}
	cmd.Flags().StringVarP(&o.out, "out", "o", name, usage)
	cmd.Flags().BoolVar(&o.force, "force", false, "write over a file that is there")
}

func newInit(std stdio) *cobra.Command {
	var o importOptions
	var curl string
	cmd := &cobra.Command{
		Use:   "init [URL]",
		Short: "Write a scenario file to start from",
		Long: `init writes gonogo.yaml, a scenario with comments that say what to change: for a URL, or
for a request as a browser or a colleague gives it (--from-curl 'curl https://...').`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if curl != "" {
				if len(args) > 0 {
					return usageError(errors.New("both a URL and --from-curl are given"), "one of them")
				}
				return importing(o, std, func() (*importer.Scenario, []importer.Note, error) {
					return importer.Curl(curl, importer.Options{File: "--from-curl"})
				})
			}
			url := "https://staging.example.test/"
			if len(args) > 0 {
				url = args[0]
			}
			return importing(o, std, func() (*importer.Scenario, []importer.Note, error) {
				s, err := importer.Init("", url)
				return s, nil, err
			})
		},
	}
	o.add(cmd, "gonogo.yaml")
	cmd.Flags().StringVar(&curl, "from-curl", "", "a `command` of curl to start from")
	return cmd
}

func newImport(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Write a scenario file from what there is: curl, HAR, OpenAPI, Postman, an access log",
		Long: `import turns what there is into a scenario file that a person goes on editing. It sends
nothing and fetches nothing. What it left out or guessed is said on standard error, with
its place. Credentials are not copied into the file: they become ${env:NAME}.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportCurl(std), newImportAccessLog(std))
	for _, kind := range []struct {
		name, short string
		read        func(io.Reader, importer.Options) (*importer.Scenario, []importer.Note, error)
	}{
		{"har", "A recording of a browser or proxy (HAR 1.2): pages, think times, values that travel", importer.HAR},
		{"openapi", "An OpenAPI document 3.0 or 3.1, in JSON or YAML: one step an operation", importer.OpenAPI},
		{"postman", "A Postman collection 2.0 or 2.1", importer.Postman},
	} {
		cmd.AddCommand(newImportFile(std, kind.name, kind.short, kind.read))
	}
	return cmd
}

func newImportCurl(std stdio) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "curl FILE | 'curl ...'",
		Short: "One or more curl commands: a file of them, or the command itself in quotes",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(fmt.Errorf("want one file or command, got %d arguments", len(args)), "put the command in quotes: gonogo import curl 'curl https://host/path'")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			command, file := args[0], "command line"
			if !strings.HasPrefix(strings.TrimSpace(command), "curl") {
				data, err := readInput(command, std)
				if err != nil {
					return usageError(err)
				}
				command, file = string(data), command
			}
			o.after(file)
			return importing(o, std, func() (*importer.Scenario, []importer.Note, error) {
				return importer.Curl(command, importer.Options{File: file})
			})
		},
	}
	o.add(cmd, "")
	return cmd
}

func newImportFile(std stdio, name, short string, read func(io.Reader, importer.Options) (*importer.Scenario, []importer.Note, error)) *cobra.Command {
	var o importOptions
	var kept importer.Options
	cmd := &cobra.Command{
		Use:   name + " FILE",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := openInput(args[0], std)
			if err != nil {
				return usageError(err)
			}
			defer in.Close()
			kept.File = args[0]
			o.after(args[0])
			return importing(o, std, func() (*importer.Scenario, []importer.Note, error) { return read(in, kept) })
		},
	}
	o.add(cmd, "")
	if name == "har" {
		cmd.Flags().StringSliceVar(&kept.KeepHosts, "keep-host", nil, "`host` whose requests stay beside those of the main one; * is all")
		cmd.Flags().BoolVar(&kept.KeepAssets, "keep-assets", false, "keep pictures, styles and scripts")
	}
	return cmd
}

func newImportAccessLog(std stdio) *cobra.Command {
	var o importOptions
	var log importer.LogOptions
	var format, trace string
	cmd := &cobra.Command{
		Use:   "access-log FILE",
		Short: "An access log of nginx, Apache, Caddy or in JSON: its paths by share, and a trace to replay",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			in, err := openInput(args[0], std)
			if err != nil {
				return usageError(err)
			}
			defer in.Close()
			log.File, log.Format = args[0], importer.LogFormat(format)
			o.after(args[0])
			if trace == "" {
				trace = strings.TrimSuffix(strings.TrimSuffix(o.out, ".yaml"), "-") + ".trace.ndjson"
			}
			out, err := createOutput(trace, o.force)
			if err != nil {
				return usageError(err, "--force writes over it, --trace FILE elsewhere")
			}
			err = importing(o, std, func() (*importer.Scenario, []importer.Note, error) { return importer.AccessLog(in, out, log) })
			if closed := out.Close(); err == nil && closed != nil {
				return failure(fmt.Errorf("write the trace: %w", closed))
			}
			if err == nil {
				fmt.Fprintf(std.err, "gonogo: wrote %s; gonogo load %s --replay %s sends its requests at their instants, with --speed 2x twice as fast\n", trace, o.out, trace)
			}
			return err
		},
	}
	o.add(cmd, "")
	flags := cmd.Flags()
	flags.StringVar(&trace, "trace", "", "`file` for the trace (default: beside the scenario)")
	flags.StringVar(&format, "log-format", "", "`form` of the lines: combined, json or caddy (default: what the first line is)")
	flags.StringVar(&log.Target, "target", "", "`URL` of the target (default: what the log says)")
	return cmd
}

// after names the scenario after what it is made of, unless a name was given.
func (o *importOptions) after(input string) {
	if o.out != "" {
		return
	}
	base := filepath.Base(input)
	if input == "-" || input == "command line" {
		base = "gonogo"
	}
	o.out = strings.TrimSuffix(base, filepath.Ext(base)) + ".yaml"
	if o.out == base {
		o.out = strings.TrimSuffix(base, ".yaml") + ".gonogo.yaml" // beside the input, not over it
	}
}

// importing writes what an importer made, and says what it noted. What it wrote is
// read again: a file that does not compile is a fault of ours.
func importing(o importOptions, std stdio, read func() (*importer.Scenario, []importer.Note, error)) error {
	if o.out != "-" && !o.force {
		if _, err := os.Stat(o.out); err == nil {
			return usageError(fmt.Errorf("%s is there already", o.out), "--force writes over it, --out FILE elsewhere")
		}
	}
	s, notes, err := read()
	for _, n := range notes {
		fmt.Fprintf(std.err, "gonogo: note: %s\n", n)
	}
	if mistakes := yamlfile.Mistakes(nil); errors.As(err, &mistakes) {
		return usageError(err)
	}
	if err != nil {
		return failure(err)
	}
	text := s.YAML()
	f, err := scenarios.Parse(o.out, text)
	if err == nil {
		err = f.Validate(scenarios.Options{Env: std.env, ReadFile: os.ReadFile})
	}
	if err != nil {
		fmt.Fprintf(std.err, "gonogo: note: what is written has to be finished by hand before it runs:\n%v\n", err)
	}
	if o.out == "-" {
		_, err := std.out.Write(text)
		return err
	}
	out, err := createOutput(o.out, o.force)
	if err != nil {
		return usageError(err)
	}
	if _, err = out.Write(text); err == nil {
		err = out.Close()
	}
	if err != nil {
		return failure(fmt.Errorf("write the scenario: %w", err))
	}
	fmt.Fprintf(std.err, "gonogo: wrote %s; gonogo validate %s checks it, gonogo load %s --dry-run shows its plan\n", o.out, o.out, o.out)
	return nil
}

// createOutput makes a file, which must not be there unless it may be written over.
func createOutput(name string, over bool) (*os.File, error) {
	mode := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !over {
		mode |= os.O_EXCL
	}
	return os.OpenFile(name, mode, 0o644)
}

// openInput opens a file, or standard input where it is called "-".
func openInput(name string, std stdio) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(std.in), nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file; - reads standard input", name)
	}
	return os.Open(name)
}

// readInput reads all of a small input.
func readInput(name string, std stdio) ([]byte, error) {
	in, err := openInput(name, std)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxScenario+1))
	if err == nil && len(data) > maxScenario {
		err = fmt.Errorf("%s is longer than %d MiB", name, maxScenario>>20)
	}
	return data, err
}
