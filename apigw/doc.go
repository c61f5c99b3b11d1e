// Package apigw is the front door: one http.Handler that accepts events and answers queries. API Gateway's Lambda and the server on one
// machine serve the same.
//
// The promise of the door: 2xx means that the events named as accepted are durable on the stream. What is invalid is said event by
// event and field by field; what could not be written is said too, with the id to send it again under.
package apigw
