package importer

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// The usual names of fields, as servers and those who collect their logs write them.
func usualFields() map[string][]string {
	return map[string][]string{
		"time":     {"time_iso8601", "@timestamp", "timestamp", "time", "ts", "msec", "time_local", "start_time", "StartUTC", "date"},
		"method":   {"request_method", "method", "http_method", "verb", "requestMethod", "RequestMethod", "http.request.method"},
		"path":     {"request_uri", "uri", "path", "url", "request_path", "requestUrl", "RequestPath", "url.original"},
		"host":     {"http_host", "host", "server_name", "vhost", "authority", "RequestHost", "url.domain"},
		"duration": {"request_time", "duration_s"},
		"query":    {"args", "query_string", "query"},
	}
}

// json reads a line that is an object.
func (p *logParser) json(format LogFormat, text string) (req logged, err error) {
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return req, errors.New("not a JSON object")
	}
	if format == CaddyLog {
		return p.caddy(fields)
	}
	usual := usualFields()
	get := func(configured, kind string) string {
		if configured != "" {
			return lookup(fields, configured)
		}
		for _, name := range usual[kind] {
			if v := lookup(fields, name); v != "" {
				return v
			}
		}
		return ""
	}
	at, ok := instant(get(p.fields.Time, "time"))
	if !ok {
		return req, errors.New("no field with the time, or none that is understood")
	}
	req.at = at
	method, path := get(p.fields.Method, "method"), get(p.fields.Path, "path")
	if line := lookup(fields, "request"); method == "" || path == "" {
		if err := req.request(line); err != nil {
			return req, errors.New("no fields with the method and the path")
		}
	} else {
		if query := get("", "query"); query != "" && query != "-" && !strings.Contains(path, "?") && p.fields.Path == "" {
			path += "?" + strings.TrimPrefix(query, "?")
		}
		if err := req.set(method, path); err != nil {
			return req, err
		}
	}
	req.setHost(get(p.fields.Host, "host"))
	p.started(&req, get(p.fields.Duration, "duration"))
	return req, nil
}

// caddy reads an object of Caddy's access log.
func (p *logParser) caddy(fields map[string]any) (req logged, err error) {
	at, ok := instant(lookup(fields, "ts"))
	if !ok {
		return req, errors.New("no ts")
	}
	req.at = at
	if err := req.set(lookup(fields, "request.method"), lookup(fields, "request.uri")); err != nil {
		return req, err
	}
	req.setHost(lookup(fields, "request.host"))
	p.started(&req, lookup(fields, "duration"))
	return req, nil
}

// started goes back from the end of a request to its start, where the log says
// how long it took.
func (p *logParser) started(req *logged, duration string) {
	p.ended++
	took, ok := seconds(duration)
	if !ok {
		d, err := time.ParseDuration(duration)
		if err != nil || d < 0 {
			return
		}
		took = d
	}
	p.timed++
	req.at = req.at.Add(-min(took, 24*time.Hour))
}

// lookup is the text of a field; a dot leads into an object, unless the name has it.
func lookup(fields map[string]any, name string) string {
	if v, ok := fields[name]; ok {
		switch v := v.(type) {
		case string:
			return v
		case json.Number:
			return v.String()
		}
		return ""
	}
	if outer, inner, ok := strings.Cut(name, "."); ok {
		if m, ok := fields[outer].(map[string]any); ok {
			return lookup(m, inner)
		}
	}
	return ""
}

// instant reads a time: RFC 3339, that of nginx, or a number of seconds, or of
// smaller units where it is too large for them.
func instant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999", "02/Jan/2006:15:04:05 -0700", "2006/01/02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil && i > 0 {
		switch {
		case i < 1e11:
			return time.Unix(i, 0), true
		case i < 1e14:
			return time.UnixMilli(i), true
		case i < 1e17:
			return time.UnixMicro(i), true
		}
		return time.Unix(0, i), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f <= 0 || f > 1e14 {
		return time.Time{}, false
	}
	if f > 1e11 {
		f /= 1000
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1000), true
}
