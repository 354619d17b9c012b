package metrics

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
)

const (
	pushEvery  = 10 * time.Second // to a Pushgateway, which is scraped again
	writeEvery = 5 * time.Second  // to what keeps each of them
)

// Pushgateway returns one at the URL. The run replaces what earlier ones of the same
// scenario left behind there.
func Pushgateway(name string, to *url.URL, scenario string) *Receiver {
	r := newReceiver(name, pushEvery)
	u := *to
	u.Path = strings.TrimSuffix(u.Path, "/") + "/metrics/job/gonogo" + grouping("scenario", labelled(scenario))
	u.RawPath = ""
	where, format := u.String(), expfmt.NewFormat(expfmt.TypeProtoDelim)
	r.send = func(ctx context.Context, s *Snapshot) error {
		var body bytes.Buffer
		encoder := expfmt.NewEncoder(&body, format)
		for _, f := range s.exposed() {
			if err := encoder.Encode(f); err != nil {
				return fmt.Errorf("encode %s: %w", f.GetName(), err)
			}
		}
		_, err := r.ask(ctx, http.MethodPut, where, http.Header{"Content-Type": {string(format)}}, body.Bytes())
		return err
	}
	return r
}

// grouping is a label as part of a path. In base64 any value goes through any proxy;
// an empty one is written as a lone padding.
func grouping(name, value string) string {
	coded := base64.RawURLEncoding.EncodeToString([]byte(value))
	if coded == "" {
		coded = "="
	}
	return "/" + name + "@base64/" + coded
}
