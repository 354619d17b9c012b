package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// OTLP returns what takes OpenTelemetry's metrics over HTTP at the URL, of which
// /v1/metrics is the path where it has none. The resource's attributes come with each
// push, and so do the headers.
func OTLP(name string, to *url.URL, resource []Label, headers http.Header) *Receiver {
	r := newReceiver(name, writeEvery)
	where := at(to, "/v1/metrics")
	all := headers.Clone()
	if all == nil {
		all = http.Header{}
	}
	all["Content-Type"], all["User-Agent"] = []string{"application/json"}, []string{"gonogo"}
	r.send = func(ctx context.Context, s *Snapshot) error {
		body, err := json.Marshal(s.otlp(resource))
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		answer, err := r.ask(ctx, http.MethodPost, where, all, body)
		if err != nil {
			return err
		}
		return rejected(answer)
	}
	return r
}

// rejected is what an answer says that is an agreement in part. Whatever else is in it
// does not matter.
func rejected(answer []byte) error {
	var a struct {
		PartialSuccess struct {
			RejectedDataPoints json.RawMessage `json:"rejectedDataPoints"` // a number, or a string that holds one
			ErrorMessage       string          `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return nil
	}
	if n := strings.Trim(string(a.PartialSuccess.RejectedDataPoints), `"`); n != "" && n != "0" && n != "null" {
		return fmt.Errorf("%s points were rejected: %s", n, a.PartialSuccess.ErrorMessage)
	}
	return nil
}

// Pairs reads what OpenTelemetry's variables hold: key=value,key2=value2, with what is
// special percent-encoded. what names the variable.
func Pairs(what, text string) ([]Label, error) {
	var all []Label
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			return nil, fmt.Errorf("%s: entry %d of it has no name and value: want key=value,key2=value2", what, len(all)+1)
		}
		plain, err := url.PathUnescape(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("%s: the value of %q is not percent-encoded as it should: want key=value,key2=value2", what, labelled(key))
		}
		all = append(all, Label{key, plain})
	}
	return all, nil
}
