package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"gonogo/internal/loopback"
	"gonogo/report/history"
	"gonogo/report/show"
	"gonogo/report/site"
)

func newServe(std stdio) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve DIR",
		Short: "Show a folder of reports as a site that can only be read",
		Long: `serve shows a folder of reports in a browser: every run in a table, the runs of a
scenario over time, any two of them compared, and each report. There is nothing behind it
but the files, and it looks at the folder again whenever a page is asked for.

history.ndjson in the folder is the index: each run that writes a report adds a line.
Where there is none it is made from the reports. Nothing else is ever written.

It is served to this machine alone unless --listen says otherwise; there is no login.`,
		Example: `  gonogo serve perf
  gonogo serve perf --listen 127.0.0.1:0`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return usageError(fmt.Errorf("want one folder of reports, got %d arguments", len(args)), "name the folder that --out-dir named")
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return serveReports(cmd.Context(), args[0], listen, std)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8088", "`address` to listen at; port 0 takes a free one")
	return cmd
}

// serveReports serves until a signal ends it.
func serveReports(ctx context.Context, dir, address string, std stdio) error {
	folder, err := history.Open(dir)
	if err != nil {
		return usageError(err, "name the folder that --out-dir named")
	}
	defer folder.Close()
	if err := readAll(ctx, folder, dir, std); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return usageError(err)
	}
	var config net.ListenConfig
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return usageError(fmt.Errorf("--listen: %w", err), "choose another --listen, or port 0 for a free one")
	}
	own := loopback.IsAddr(ln.Addr())
	s, err := site.New(folder, site.Options{Loopback: own, Tool: tool()})
	if err != nil {
		return failure(errors.Join(err, ln.Close()))
	}
	if !own {
		fmt.Fprintf(std.err, "gonogo: whoever reaches %s may read these reports: there is no login\n", ln.Addr())
	}
	fmt.Fprintf(std.out, "reports of %s at http://%s/\n", show.Inert(dir, 200), ln.Addr())
	return serveSite(ctx, s.Handler(), ln)
}

// readAll reads the reports that the index lacks before anybody waits for a page.
func readAll(ctx context.Context, folder *history.Folder, dir string, std stdio) error {
	const each = 500
	for {
		v, err := folder.Sync(ctx, each)
		switch {
		case err != nil:
			return err
		case v.Unread > 0:
			fmt.Fprintf(std.err, "gonogo: %s not read yet\n", show.Counted(int64(v.Unread), "report"))
			continue
		case len(v.Rows)+len(v.Unreadable) == 0:
			fmt.Fprintf(std.err, "gonogo: there is no load_test_report_*.json in %s yet: it is shown as soon as there is\n", show.Inert(dir, 200))
		case len(v.Unreadable) > 0:
			fmt.Fprintf(std.err, "gonogo: %s cannot be read, such as %s: %s\n",
				show.Counted(int64(len(v.Unreadable)), "report"), v.Unreadable[0].File, v.Unreadable[0].Why)
		}
		return nil
	}
}

// serveSite serves within bounds: no client holds a connection or memory for long.
func serveSite(ctx context.Context, handler http.Handler, ln net.Listener) error {
	const most = 256 // connections
	server := &http.Server{
		Handler: handler, ErrorLog: log.New(io.Discard, "", 0), // clients that misbehave are no news
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(ln, most)) }()
	select {
	case err := <-ended:
		return failure(fmt.Errorf("serve reports: %w", err))
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if server.Shutdown(drain) != nil { // a page was not taken in time
		_ = server.Close()
	}
	<-ended
	return nil
}
