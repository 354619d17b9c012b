// Package importer makes scenario files of what people have: a curl command, a
// recording of a browser, an OpenAPI document, a Postman collection, an access
// log, or nothing but a URL.
//
// Each importer returns a Scenario, which is a file in the making, and Notes that
// say what was left out or guessed, and where. Scenario.YAML writes the file: the
// same input gives the same bytes. Nothing is sent and nothing is fetched, and what
// looks like a credential becomes ${env:NAME}, so that the file holds none.
//
// The file: scenario.go is what it holds, file.go its order, write.go and scalar.go
// its form, value.go the bodies that are JSON. The input: input.go reads it in
// bounded memory, node.go is a JSON or YAML document in which everything has its
// place. The importers: curl.go with curlopts.go and shell.go; har.go with harstep.go,
// answers.go and correlate.go; openapi.go with operation.go and schema.go; postman.go with
// postrequest.go and script.go; accesslog.go with logline.go, logjson.go, reorder.go
// and traffic.go; starter.go. What they share: secret.go keeps credentials out,
// request.go makes bodies and paths, share.go writes once what all steps have in common.
package importer
