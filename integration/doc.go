// Package integration runs the built gonogo binary against real servers.
//
// Its tests carry the build tag "integration" and are run by `make integration`,
// which installs nginx, Prometheus and Pushgateway, and builds the binary first. nginx_test.go starts and
// stops a server of our own on loopback, with testdata/nginx.conf as its
// configuration; load_test.go runs the main job against it. live_test.go lets the
// Senders of WebSocket and of event streams go through it.
//
// What a run tells of itself is read back from a real Prometheus and Pushgateway
// (metrics_test.go, prometheus_test.go), and every query of the Grafana dashboard is
// asked of one (grafana_test.go); process_test.go starts them. formats_test.go gives the
// report's forms to their schemas and to real readers, and page_test.go lets a browser
// look at the pages, by the scripts in browser/.
package integration
