package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/history"
)

// resolveOutput reads the flags that say how the report is given out.
func (o *loadOptions) resolveOutput(std stdio) (err error) {
	o.out, err = o.output.resolve(std)
	return err
}

// finish gives the report of a run out, and ends with its exit code.
func finish(ctx context.Context, r *report.Report, series []measure.Bucket, o loadOptions, std stdio) error {
	if code := signalCode(ctx); code != 0 {
		r.ExitCode = code
	}
	std.saving.Lock()
	paths, saved := o.out.save(r, series, o.outDir)
	std.saving.Unlock()
	if saved != nil {
		r.ExitCode = exitFailure
	}
	o.ui.ended(r)
	return o.output.conclude(r, o.out, paths, saved, std)
}

// conclude prints a report that was saved at these paths, or was not, and ends with its
// exit code.
func (o *outputOptions) conclude(r *report.Report, out output, paths []string, saved error, std stdio) error {
	if saved != nil {
		r.ExitCode = exitFailure
	}
	path := ""
	if len(paths) > 0 {
		path = paths[0]
	}
	given := errors.Join(out.print(r, std), out.toGitHub(r, path, std))
	switch {
	case saved != nil:
		hint := "the summary above is all that is left of this run: free the disk or choose another --out-dir"
		switch {
		case path != "":
			hint = "the report itself is there: " + path
		case r.Merged != nil: // what it was made of is there
			hint = "choose another --out-dir"
		}
		return failure(errors.Join(saved, given), hint)
	case given != nil:
		return failure(given, "the report itself is there: "+path)
	}
	if code := o.gate(r); code != exitOK {
		return &exitError{code: code}
	}
	return nil
}

// save writes the report with what goes beside it and a line of the folder's history,
// and returns their paths.
func (out output) save(r *report.Report, series []measure.Bucket, dir string) ([]string, error) {
	return out.keep(r, dir, report.HistogramLog(r.Run.StartedAt, series))
}

// keep is save with other files beside the report.
func (out output) keep(r *report.Report, dir string, beside ...report.Companion) ([]string, error) {
	paths, err := report.Save(dir, r, append(beside, out.companions(r)...)...)
	if len(paths) > 0 {
		_ = history.Append(paths[0], r) // a line that is missing is made again from the report
	}
	if len(paths) > 0 && (out.latest || hasLatest(paths[0])) {
		err = errors.Join(err, copyLatest(paths))
	}
	return paths, err
}

// checkFolder finds early what would lose the report of a long run.
func checkFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usageError(fmt.Errorf("--out-dir: make the folder for the report: %w", err), "name a folder, or one that can be made")
	}
	return nil
}
