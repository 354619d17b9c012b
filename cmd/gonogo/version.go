package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"gonogo/report"
)

// Set by the linker: see the Makefile.
var (
	version = "dev"
	commit  = ""
)

func newVersion(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t := tool()
			if asJSON {
				return json.NewEncoder(std.out).Encode(t)
			}
			_, err := fmt.Fprintf(std.out, "gonogo %s (%s, %s, %s/%s)\n", t.Version, t.Commit, t.Go, runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}

// tool says which gonogo this is. A binary of `go install` knows its commit from
// the toolchain.
func tool() report.Tool {
	t := report.Tool{Version: version, Commit: commit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok && t.Commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				t.Commit = s.Value
			}
		}
	}
	if t.Commit == "" {
		t.Commit = "unknown"
	}
	return t
}
