// Package integration runs the built gonogo binary against real servers.
//
// Its tests carry the build tag "integration" and are run by `make integration`,
// which installs nginx and builds the binary first. nginx_test.go starts and
// stops a server of our own on loopback, with testdata/nginx.conf as its
// configuration; load_test.go runs the main job against it. live_test.go lets the
// Senders of WebSocket and of event streams go through it. page_test.go lets a browser
// look at the pages of reports, by the scripts in browser/.
package integration
