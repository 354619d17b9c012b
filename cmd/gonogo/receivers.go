package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"gonogo/metrics"
	"gonogo/scenarios"
)

// metricsOptions say who hears of a run while it goes on.
type metricsOptions struct{ listen, push, remoteWrite, otlp string }

// add gives a command the flags.
func (o *metricsOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.listen, "metrics-listen", "", "serve Prometheus metrics at this `address` while the run goes on")
	flags.StringVar(&o.push, "metrics-push", "", "push metrics to the Pushgateway at this `URL`, every 10s and at the end")
	flags.StringVar(&o.remoteWrite, "remote-write", "", "send metrics by Prometheus remote write to this `URL`, every 5s and at the end (path: /api/v1/write)")
	flags.StringVar(&o.otlp, "otlp", "", "send metrics by OTLP/HTTP to this `URL`, every 5s and at the end (path: /v1/metrics)")
}

// telling is who hears of a run of the scenario, nil where nobody asked.
func (o metricsOptions) telling(c *scenarios.Compiled, std stdio) (*telling, error) {
	if o == (metricsOptions{}) {
		return nil, nil
	}
	t := &telling{listen: o.listen, std: std}
	secrets := c.Secrets
	add := func(name, text string, of func(name string, to *url.URL) (*metrics.Receiver, error)) error {
		if text == "" {
			return nil
		}
		to, held, err := receiverURL(text, std)
		secrets = secrets.With(held)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r, err := of(name, to)
		t.receivers = append(t.receivers, r)
		return err
	}
	err := errors.Join(
		add("--metrics-push", o.push, func(name string, to *url.URL) (*metrics.Receiver, error) {
			return metrics.Pushgateway(name, to, c.Plan.Name), nil
		}),
		add("--remote-write", o.remoteWrite, func(name string, to *url.URL) (*metrics.Receiver, error) {
			return metrics.RemoteWrite(name, to, instance()), nil
		}),
		add("--otlp", o.otlp, func(name string, to *url.URL) (*metrics.Receiver, error) {
			resource, headers, err := otelVariables(std)
			for _, values := range headers {
				secrets = secrets.With(scenarios.Hidden(values...))
			}
			return metrics.OTLP(name, to, resource, headers), err
		}),
	)
	t.mask = secrets.Mask
	if err != nil {
		return nil, usageError(errors.New(secrets.Mask(err.Error())))
	}
	return t, nil
}

// receiverURL reads where metrics are sent. A credential is only ever named in it.
func receiverURL(text string, std stdio) (to *url.URL, held scenarios.Secrets, err error) {
	const want = "want a URL such as http://127.0.0.1:9091 or https://user:${env:PASSWORD}@metrics.example.test/path"
	literal, _, err := scenarios.Expand(text, std.env, func(string) string { return "" })
	if err != nil {
		return nil, held, err
	}
	expanded, held, err := scenarios.Expand(text, std.env, escaped)
	if err != nil {
		return nil, held, err
	}
	if u, err := url.Parse(literal); err == nil && u.User != nil {
		if password, _ := u.User.Password(); password != "" {
			return nil, held.With(scenarios.Hidden(password)), errors.New("the URL holds a password: name the variable that has it, as user:${env:NAME}@")
		}
	}
	to, err = url.Parse(expanded)
	switch {
	case err != nil: // which would quote it
		return nil, held, errors.New("it cannot be read: " + want)
	case to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" || to.Fragment != "" || to.Opaque != "":
		return nil, held, errors.New(want)
	}
	return to, held, nil
}

// escaped is a value as it may stand anywhere in a URL.
func escaped(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }

// instance tells this generator from others.
func instance() string {
	name, _ := os.Hostname()
	return cmp.Or(name, "unknown")
}

// otelVariables are what OpenTelemetry's own variables say of us as a resource, and
// which headers a request is to have: credentials mostly.
func otelVariables(std stdio) (resource []metrics.Label, headers http.Header, err error) {
	read := func(name string) []metrics.Label {
		text, _ := std.env(name)
		pairs, wrong := metrics.Pairs(name, text)
		err = errors.Join(err, wrong)
		return pairs
	}
	given := read("OTEL_RESOURCE_ATTRIBUTES")
	for _, own := range []metrics.Label{{Name: "service.name", Value: "gonogo"}, {Name: "service.version", Value: version}, {Name: "service.instance.id", Value: instance()}} {
		if !slices.ContainsFunc(given, func(l metrics.Label) bool { return l.Name == own.Name }) {
			resource = append(resource, own)
		}
	}
	headers = http.Header{}
	for _, l := range read("OTEL_EXPORTER_OTLP_HEADERS") {
		headers.Add(l.Name, l.Value)
	}
	return append(resource, given...), headers, err
}
