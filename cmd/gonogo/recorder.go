package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"gonogo/scenarios/importer"
	"gonogo/scenarios/recorder"
)

func newRecord(std stdio) *cobra.Command {
	var o importOptions
	var listen string
	kept := importer.Options{File: "recording"}
	cmd := &cobra.Command{
		Use:   "record URL",
		Short: "Stand before a target, and write a scenario of what a person does there",
		Long: `record listens on this machine and passes everything on to the target, until it is
interrupted (Ctrl-C). Open the address that it prints in a browser and do what users do:
pauses, values that travel from an answer to a later request, forms and cookies become
part of the scenario. Credentials do not: they become ${env:NAME}.

Links in pages that name the target's host lead past the recorder.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := url.Parse(args[0])
			if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
				return usageError(fmt.Errorf("%q is no URL of a target", args[0]), "http://host or https://host")
			}
			ln, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return usageError(err, "--listen with another address")
			}
			r := recorder.New(target, nil)
			fmt.Fprintf(std.err, "gonogo: open http://%s in a browser; all goes on to %s; Ctrl-C ends the recording\n", ln.Addr(), target)
			if err := serveUntil(cmd.Context(), ln, r); err != nil {
				return failure(err)
			}
			har, n, missed := r.HAR()
			if missed > 0 {
				fmt.Fprintf(std.err, "gonogo: warning: there was no room for the last %d requests\n", missed)
			}
			if n == 0 {
				return usageError(errors.New("nothing was recorded"), "was the browser led to the address above?")
			}
			return importing(o, std, func() (*importer.Scenario, []importer.Note, error) { return importer.HAR(bytes.NewReader(har), kept) })
		},
	}
	o.add(cmd, "gonogo.yaml")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8088", "`address` to listen at")
	cmd.Flags().BoolVar(&kept.KeepAssets, "keep-assets", false, "keep pictures, styles and scripts")
	return cmd
}

// serveUntil serves until the context ends, and lets what is under way end.
func serveUntil(ctx context.Context, ln net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = server.Shutdown(ending)
	})
	defer stopped()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
